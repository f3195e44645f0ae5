#pragma once

#include <sluice/checkpoint/object_file.hpp>
#include <sluice/sources/socket_stream.hpp>

namespace sluice::inline SLUICE_ABI {

/// Makes the bytes that a `rawSocketStream<T>` reads: one for each connection. They begin with the schema of T; behind it stand frames of a
/// size, checksums and values in their binary form (`encode`). It is the form of an object file, so that the server may also send one that
/// `saveAsObjectFiles` has written.
///
/// ```cpp
/// RawSocketFrames<std::string> frames;
/// frames.write("to");
/// frames.write("be");
/// std::string const first = frames.take();  // the schema, and a frame of two values
/// frames.write("or");
/// CHECK(frames.take().size() < first.size());
/// CHECK(frames.take().empty());
/// ```
template <class T>
class RawSocketFrames {
public:
    /// Puts a value into the frame that take() gives. It must have a binary form: see `Encodable`.
    void write(T const& value) { values_.write(value); }

    /// What is to be sent next: the values since the last call, as one frame. A frame of more than 1 GiB: `StreamError`.
    [[nodiscard]] std::string take()
    {
        std::string bytes;
        auto const add = [&](std::string_view record) { detail::appendRecord(bytes, place_ + bytes.size(), record, "a connection"); };
        if (place_ == 0) add(detail::objectHeader(schemaOf<T>()));
        if (values_.count() > 0) values_.finish(add);
        place_ += bytes.size();
        return bytes;
    }

private:
    detail::ValuesRecord values_;
    std::uint64_t place_ = 0;  // in the connection
};

namespace detail {

/// Takes frames from what a connection brings.
template <class T>
class RawFrameReader {
public:
    explicit RawFrameReader(std::size_t limit) : limit_(limit) {}

    /// How many of the bytes it has used.
    std::size_t take(std::string_view bytes, Store<T>& store)
    {
        std::size_t used = 0;
        for (;;) {
            auto const frame = next(bytes.substr(used));
            if (frame.data() == nullptr) return used;
            used += recordHeader + frame.size();
            if (!decoder_) {
                records_.begin(frame);
                decoder_.emplace(records_.guard([&] { return Decoder<T>{records_.schema()}; }));
            } else if (ended_) {
                records_.fail("something stands behind the end");
            } else if (records_.take(frame)) {
                records_.each(*decoder_, [&](T&& value) {
                    store(static_cast<T&&>(value));
                    return true;
                });
            } else {
                ended_ = true;
            }
            place_ += recordHeader + frame.size();
        }
    }

private:
    /// The frame at the front; null where it is not there in whole.
    [[nodiscard, gnu::cold]] std::string_view next(std::string_view bytes) const
    {
        if (bytes.size() < recordHeader) return {};
        RecordHead head;
        auto const at = Digits{static_cast<std::size_t>(place_)};
        if (!head.read(bytes.data(), place_)) records_.fail(concat({"what came at byte ", at.text(), " of the connection is no frame"}));
        if (head.size > limit_ - recordHeader) {
            records_.fail(concat({"a frame of ", Digits{std::size_t{head.size}}.text(), " bytes, and ", Digits{limit_}.text(),
                                  " is the most with what stands before it (SocketStreamOptions::maxRecordBytes)"}));
        }
        if (bytes.size() - recordHeader < head.size) return {};
        auto const frame = bytes.substr(recordHeader, head.size);
        if (!head.matches(frame, place_)) records_.fail(concat({"the frame at byte ", at.text(), " has another checksum"}));
        return frame;
    }

    std::size_t limit_;
    ObjectRecords records_{"sluice::rawSocketStream", 0};
    std::optional<Decoder<T>> decoder_;
    std::uint64_t place_ = 0;
    bool ended_ = false;
};

template <class T>
struct RawSocketNode final : RecordNode<T>, ReceiverTask {
    RawSocketNode(Counted<GraphCore> const& owner, Label const& where, std::string server, int serverPort, std::size_t limit)
        : RecordNode<T>(owner, where), host(std::move(server)), port(serverPort), maxRecordBytes(limit)
    {
    }

    [[nodiscard]] ReceiverTask* receiver() override { return this; }

    SLUICE_COLD void run(std::stop_token stop, ReceiverHostBase& runner) override
    {
        FrameBuffer buffer{maxRecordBytes};
        RawFrameReader<T> reader{maxRecordBytes};
        receiveFrom(
            host, port, stop, runner, [&] { return buffer.room(); },
            [&](std::size_t n) {
                buffer.came(n);
                buffer.used(reader.take(buffer.waiting(), this->store));
            },
            [&] { return buffer.waiting().size(); });
    }

    std::string host;
    int port;
    std::size_t maxRecordBytes;
};

}  // namespace detail

/// Records from a TCP server that sends them in their binary form: `rawSocketStream<T>(context, host, port, options)`. The server makes what
/// it sends by `RawSocketFrames<T>`, or sends an object file.
///
/// Each connection begins with the schema of what follows. Records may be written with another T, as far as a `Decoder` reads it. Another
/// schema, of which the text names both, a frame whose checksum is another one, one of more than `options.maxRecordBytes` with the 16
/// bytes before it, and values that cannot be read give the connection up: nothing is taken for what it is not. A connection that is refused,
/// given up, fails or ends is reported to listeners, and opened again after `Config::receiverRestartDelay`. `store` waits while more than
/// `Config::maxReceivedBytes` are received and not yet processed, so that the server does. A port that is none, a `maxRecordBytes`
/// up to 16: `InvalidArgument`. A graceful stop takes what has come by then.
///
/// Needs xxHash (`libxxhash-dev`), of which the header alone is used.
///
/// ```cpp
/// StreamingContext ssc{{.master = "local[2]"}, 1s};
/// auto words = rawSocketStream<std::pair<std::string, int>>(ssc, "localhost", 9999);
/// static_assert(std::is_same_v<decltype(words)::Value, std::pair<std::string, int>>);
/// CHECK(words.slideDuration() == 1s);
/// ```
template <class T>
[[nodiscard]] auto rawSocketStream(Graph const& graph, std::string host, int port, SocketStreamOptions options = {},
                                   CallSite at = CallSite::here())
{
    constexpr bool isReadable = std::is_same_v<T, Owned<T>> && Decodable<T>;
    static_assert(isReadable,
                  "sluice::rawSocketStream<T>(context, host, port): T must own what it shows, as a std::string, and have a binary form: "
                  "specialise sluice::EncodedAs for what has none");
    if constexpr (isReadable) {
        Label const label{"rawSocketStream", at};
        detail::requireServer(label, port, options.maxRecordBytes > detail::recordHeader,
                              "SocketStreamOptions::maxRecordBytes must be more than the 16 bytes before each frame");
        using Node = detail::RawSocketNode<T>;
        auto node = detail::addInput<Node>(graph, label, std::move(host), port, options.maxRecordBytes);
        return detail::streamOf(detail::SharedNode<Node>{std::move(node)});
    } else {
        return detail::Refused{};
    }
}

}  // namespace sluice::inline SLUICE_ABI
