#pragma once

#include <sluice/input/store_node.hpp>
#include <sluice/input/text_store.hpp>
#include <sluice/operators/split_lines.hpp>
#include <sluice/sources/detail/connection.hpp>

namespace sluice::inline SLUICE_ABI {

/// How a `socketTextStream` reads.
///
/// ```cpp
/// CHECK(SocketTextStreamOptions{}.maxLineBytes == 256 << 20);
/// ```
struct SocketTextStreamOptions {
    /// How long a line may be: a connection that sends more without an end of it is given up, so that it cannot fill the
    /// memory. What came of that line is one.
    std::size_t maxLineBytes = std::size_t{256} << 20;
    /// Whether a CR that no LF follows ends a line, too: at once, before it is known what follows.
    LoneCr loneCr = LoneCr::isText;
};

namespace detail {

using TextNode = StoreNode<TextStore, TextBlocks, ReceivedText>;
#ifdef SLUICE_COMPILED
extern template struct StoreNode<TextStore, TextBlocks, ReceivedText>;  // <sluice/compiled.cpp>
#endif

/// Makes an LF of each LF, CR and CRLF, in place. Of bytes as they come: a CRLF may be torn.
class LineEnds {
public:
    [[nodiscard]] SLUICE_COLD std::size_t unify(char* bytes, std::size_t size)
    {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < size; ++i) {
            bool const isCr = bytes[i] == '\r';
            bool const ended = std::exchange(behindCr_, isCr) && bytes[i] == '\n';
            if (!ended) bytes[kept++] = isCr ? '\n' : bytes[i];
        }
        return kept;
    }

private:
    bool behindCr_ = false;
};

/// Text lines from a TCP server.
template <class = void>
struct SocketTextNode final : TextNode, ReceiverTask {
    SocketTextNode(Counted<GraphCore> const& owner, Label const& where, std::string server, int serverPort,
                   SocketTextStreamOptions const& options)
        : TextNode(owner, where), host(std::move(server)), port(serverPort), maxLineBytes(options.maxLineBytes), loneCr(options.loneCr)
    {
    }

    /// Not inline, so that the compiled mode spares the files of a program all that it is made of.
    static Counted<SocketTextNode> make(Graph const& graph, std::string host, int port, SocketTextStreamOptions const& options,
                                        CallSite at);

    [[nodiscard]] ReceiverTask* receiver() override { return this; }

    SLUICE_COLD void run(std::stop_token stop, ReceiverHostBase& runner) override
    {
        // Whatever ends the connection ends the last line too.
        struct EndText {
            TextStore& store;
            ~EndText() { store.endText(); }
        } const atEnd{store};
        std::span<char> room;
        LineEnds ends;
        receiveFrom(
            host, port, stop, runner, [&] { return room = store.room(); },
            [&](std::size_t n) { take(loneCr == LoneCr::endsLine ? ends.unify(room.data(), n) : n); }, [] { return std::size_t{0}; });
    }

    SLUICE_COLD void take(std::size_t bytes)
    {
        store.commit(bytes);
        if (store.unfinished() <= maxLineBytes) return;
        throw StreamError{concat({"a line has more than ", Digits{maxLineBytes}.text(), " bytes (SocketTextStreamOptions::maxLineBytes)"})};
    }

    std::string host;
    int port;
    std::size_t maxLineBytes;
    LoneCr loneCr;
};

template <class Void>
SLUICE_COLD Counted<SocketTextNode<Void>> SocketTextNode<Void>::make(Graph const& graph, std::string host, int port,
                                                                     SocketTextStreamOptions const& options, CallSite at)
{
    Label const label{"socketTextStream", at};
    requireServer(label, port, options.maxLineBytes > 0, "SocketTextStreamOptions::maxLineBytes must be positive, got 0");
    return addInput<SocketTextNode>(graph, label, std::move(host), port, options);
}

#ifdef SLUICE_COMPILED
extern template struct SocketTextNode<>;  // <sluice/compiled.cpp>
#endif

}  // namespace detail

/// Lines of text from a TCP server: `socketTextStream(context, host, port, options)`.
///
/// Records are `std::string_view`s into the bytes as they came, without their end (LF or CRLF; a lone CR where
/// `options.loneCr` says so); they last as long as the batch. A last line without end, as of a connection that was cut, is
/// a line. A line may be longer than any buffer, up to `options.maxLineBytes`. A connection that is refused, given up,
/// fails or ends is reported to listeners, and opened again after `Config::receiverRestartDelay`. When more than
/// `Config::maxReceivedBytes` are received and not yet processed nothing is read, so that the sender waits. A port that is
/// none, a limit of 0: `InvalidArgument`. A graceful stop takes what has come by then.
///
/// ```cpp
/// StreamingContext ssc{{.master = "local[2]"}, 1s};
/// auto lines = socketTextStream(ssc, "localhost", 9999);
/// static_assert(std::is_same_v<decltype(lines)::Value, std::string_view>);
/// CHECK(lines.slideDuration() == 1s);
/// ```
template <class Node = detail::SocketTextNode<>>
[[nodiscard]] auto socketTextStream(Graph const& graph, std::string host, int port, SocketTextStreamOptions options = {},
                                    CallSite at = CallSite::here())
{
    return detail::streamOf(detail::SharedNode<Node>{Node::make(graph, std::move(host), port, options, at)});
}

}  // namespace sluice::inline SLUICE_ABI
