#pragma once

#include <sluice/io/socket.hpp>
#include <sluice/stream/receiver.hpp>
#include <sluice/stream/store_node.hpp>
#include <sluice/stream/text_store.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

using TextNode = StoreNode<TextStore, TextBlocks, ReceivedText>;

/// Text lines from a TCP server.
template <class = void>
struct SocketTextNode final : TextNode, ReceiverTask {
    SocketTextNode(Counted<GraphCore> const& owner, Label const& where, std::string server, int serverPort)
        : TextNode(owner, where), host(std::move(server)), port(serverPort)
    {
    }

    [[nodiscard]] ReceiverTask* receiver() override { return this; }

    SLUICE_COLD void run(std::stop_token stop, ReceiverHostBase&) override
    {
        io::Wakeup const wake;
        std::stop_callback const onStop{stop, [&wake] { wake.notify(); }};
        auto const socket = io::Socket::connect(host, port, wake);
        if (!socket) return;  // asked to stop
        // Whatever ends the connection ends the last line too.
        struct EndText {
            TextStore& store;
            ~EndText() { store.endText(); }
        } const atEnd{store};
        for (;;) {
            auto const room = store.room();
            if (room.empty()) return;
            auto const got = socket.read(room, wake);
            if (got.status == io::ReadStatus::interrupted) return;
            if (got.status == io::ReadStatus::end) {
                throw StreamError{concat({"the connection to ", socket.peer(), " was closed by the server"})};
            }
            store.commit(got.bytes);
        }
    }

    std::string host;
    int port;
};

}  // namespace detail

/// Lines of text from a TCP server: `socketTextStream(context, host, port)`.
///
/// Records are `std::string_view`s into the bytes as they came, without their end (LF or CRLF); they last as long as
/// the batch. A last line without end, as of a connection that was cut, is a line. A line may be of any length. A
/// connection that is refused, fails or ends is reported to listeners, and opened again after
/// `Config::receiverRestartDelay`. When more than `Config::maxReceivedBytes` are received and not yet processed nothing
/// is read, so that the sender waits. A port that is none: `InvalidArgument`.
///
/// ```cpp
/// StreamingContext ssc{{.master = "local[2]"}, 1s};
/// auto lines = socketTextStream(ssc, "localhost", 9999);
/// static_assert(std::is_same_v<decltype(lines)::Value, std::string_view>);
/// CHECK(lines.slideDuration() == 1s);
/// ```
template <class Node = detail::SocketTextNode<>>
[[nodiscard]] auto socketTextStream(Graph const& graph, std::string host, int port, CallSite at = CallSite::here())
{
    if (port <= 0 || port > 65535) {
        throw InvalidArgument{detail::concat({"sluice::socketTextStream: a port lies between 1 and 65535, got ",
                                              detail::Digits{port}.text()})};
    }
    auto node = detail::addInput<Node>(graph, {"socketTextStream", at}, std::move(host), port);
    return detail::streamOf(detail::SharedNode<Node>{std::move(node)});
}

}  // namespace sluice::inline SLUICE_ABI
