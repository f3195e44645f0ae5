#pragma once

#include <sluice/input/store_node.hpp>
#include <sluice/sources/detail/connection.hpp>

namespace sluice::inline SLUICE_ABI {

/// How a `socketStream` reads.
///
/// ```cpp
/// CHECK(SocketStreamOptions{}.maxRecordBytes == 16 << 20);
/// ```
struct SocketStreamOptions {
    /// How many bytes one record may take on the wire: a connection that sends more without an end of it is given up, so
    /// that it cannot fill the memory.
    std::size_t maxRecordBytes = std::size_t{16} << 20;
};

namespace detail {

template <class F, class T>
concept SocketConverter = requires(F const& f, std::string_view bytes, Store<T>& store) {
    { f(bytes, store) } -> std::convertible_to<std::size_t>;
};
template <class F, class T>
inline constexpr bool convertsBytes = SocketConverter<F, T>;

/// Bytes that came and are no whole record yet.
class FrameBuffer {
public:
    explicit FrameBuffer(std::size_t limit) : limit_(limit) {}

    [[nodiscard]] std::string_view waiting() const { return {bytes_.data() + begin_, end_ - begin_}; }

    /// Where to read into: at least one byte.
    [[nodiscard]] std::span<char> room()
    {
        if (begin_ == end_) begin_ = end_ = 0;
        if (end_ == bytes_.size()) {
            if (begin_ > 0) {
                std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
                end_ -= std::exchange(begin_, 0);
            } else {
                auto const wanted = bytes_.empty() ? first : 2 * bytes_.size();
                bytes_.resize(wanted < limit_ ? wanted : limit_);
            }
        }
        return {bytes_.data() + end_, bytes_.size() - end_};
    }
    void came(std::size_t n) { end_ += n; }

    SLUICE_COLD void used(std::size_t n)
    {
        auto const size = end_ - begin_;
        if (n > size) {
            throw InvalidArgument{
                concat({"sluice::socketStream: converter must answer how many of the bytes it has used: it "
                        "was given ",
                        Digits{size}.text(), ", and answered ", Digits{n}.text()})};
        }
        begin_ += n;
        if (size - n < limit_) return;
        throw StreamError{concat({"a record has more than ", Digits{limit_}.text(), " bytes (SocketStreamOptions::maxRecordBytes)"})};
    }

private:
    static constexpr std::size_t first = std::size_t{64} * 1024;

    std::size_t limit_;
    std::string bytes_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

template <class T, class F>
struct SocketNode final : RecordNode<T>, ReceiverTask {
    SocketNode(Counted<GraphCore> const& owner, Label const& where, std::string server, int serverPort, F function, std::size_t limit)
        : RecordNode<T>(owner, where), host(std::move(server)), port(serverPort), convert(static_cast<F&&>(function)), maxRecordBytes(limit)
    {
    }

    [[nodiscard]] ReceiverTask* receiver() override { return this; }

    SLUICE_COLD void run(std::stop_token stop, ReceiverHostBase& runner) override
    {
        FrameBuffer buffer{maxRecordBytes};
        receiveFrom(
            host, port, stop, runner, [&] { return buffer.room(); },
            [&](std::size_t n) {
                buffer.came(n);
                F const& f = convert;
                buffer.used(static_cast<std::size_t>(f(buffer.waiting(), this->store)));
            },
            [&] { return buffer.waiting().size(); });
    }

    std::string host;
    int port;
    F convert;
    std::size_t maxRecordBytes;
};

}  // namespace detail

/// Records from a TCP server, as a converter of your own makes them of its bytes:
/// `socketStream<T>(context, host, port, converter, options)`.
///
/// The converter is a function f(bytes, store), called as const by the receiver's thread whenever bytes came: with all
/// that it has not used yet, as `std::string_view`. It calls `store(record)` (`Store<T>&`) for each whole record at their
/// front, and answers how many bytes it has used; the rest is given again, with more behind it. Records own what they
/// show.
///
/// A record of more than `options.maxRecordBytes`, and what the converter throws, give the connection up. A connection
/// that is refused, given up, fails or ends is reported to listeners, and opened again after
/// `Config::receiverRestartDelay`, with nothing left of what came before. `store` waits while more than
/// `Config::maxReceivedBytes` are received and not yet processed, so that the sender does. A port that is none:
/// `InvalidArgument`. A graceful stop takes what has come by then.
///
/// ```cpp
/// StreamingContext ssc{{.master = "local[2]"}, 1s};
/// auto frames = socketStream<std::string>(ssc, "localhost", 9999, [](std::string_view bytes, auto& store) {
///     std::size_t used = 0;  // each frame is a byte that tells its length, and so many bytes
///     for (std::size_t size = 0; used < bytes.size(); used += 1 + size) {
///         size = static_cast<unsigned char>(bytes[used]);
///         if (bytes.size() - used <= size) break;
///         store(std::string{bytes.substr(used + 1, size)});
///     }
///     return used;
/// });
/// static_assert(std::is_same_v<decltype(frames)::Value, std::string>);
/// CHECK(frames.slideDuration() == 1s);
/// ```
template <class T, class F>
[[nodiscard]] auto socketStream(Graph const& graph, std::string host, int port, F converter, SocketStreamOptions options = {},
                                CallSite at = CallSite::here())
{
    static_assert(detail::convertsBytes<F, T>,
                  "sluice::socketStream<T>(context, host, port, converter): converter must be called as const with the bytes "
                  "that came, as std::string_view, and a Store<T>&, and answer how many bytes it has used");
    static_assert(detail::mayWait<T>(),
                  "sluice::socketStream<T>(context, host, port, converter): records wait for their batch, and must own what they show: a "
                  "std::string, not a std::string_view");
    if constexpr (detail::convertsBytes<F, T>) {
        Label const label{"socketStream", at};
        detail::requireServer(label, port, options.maxRecordBytes > 0, "SocketStreamOptions::maxRecordBytes must be positive, got 0");
        using Node = detail::SocketNode<T, F>;
        auto node = detail::addInput<Node>(graph, label, std::move(host), port, static_cast<F&&>(converter), options.maxRecordBytes);
        return detail::streamOf(detail::SharedNode<Node>{std::move(node)});
    } else {
        return detail::Refused{};
    }
}

}  // namespace sluice::inline SLUICE_ABI
