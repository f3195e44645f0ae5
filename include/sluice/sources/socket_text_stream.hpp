#pragma once

#include <sluice/sources/detail/connection.hpp>
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
        // Whatever ends the connection ends the last line too.
        struct EndText {
            TextStore& store;
            ~EndText() { store.endText(); }
        } const atEnd{store};
        receiveFrom(
            host, port, stop, [this] { return store.room(); }, [this](std::size_t n) { store.commit(n); },
            [] { return std::size_t{0}; });
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
    detail::requireServerPort("socketTextStream", port);
    auto node = detail::addInput<Node>(graph, {"socketTextStream", at}, std::move(host), port);
    return detail::streamOf(detail::SharedNode<Node>{std::move(node)});
}

}  // namespace sluice::inline SLUICE_ABI
