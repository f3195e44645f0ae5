#pragma once

#include <sluice/input/store_node.hpp>
#include <sluice/input/text_store.hpp>
#include <sluice/storage/disk_block.hpp>
#include <sluice/stream/config.hpp>

// One file although it is long: blocks of records and of text leave memory, and come back, in one order.

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// A block that lies in a DiskStore.
struct StoredBlock final : SpilledBlock {
    StoredBlock(Counted<DiskStore> const& in, DiskPlace where, std::size_t size, std::int64_t count) : store(in), place(std::move(where))
    {
        bytes = size;
        records = count;
    }
    [[nodiscard]] SLUICE_COLD std::string_view read(std::string& buffer) const override { return store->read(place, buffer); }

    Counted<DiskStore> store;
    DiskPlace place;
};

/// Where a spill writes, for whatever records. What fails is told once, until something is written again.
class SpillFile {
public:
    SLUICE_COLD SpillFile(GraphCore const& graph, Label const& label, Room& room)
        : graph_(graph),
          label_(label),
          room_(room),
          store_(makeCounted<DiskStore>(label, graph.localDirectory(), std::size_t{0}, graph.compression()))
    {
    }

    [[nodiscard]] Room& room() const { return room_; }
    [[nodiscard]] bool isOver() const { return room_.used() > room_.bound(); }
    [[nodiscard]] std::size_t free() const { return isOver() ? 0 : room_.bound() - room_.used(); }

    /// So many records, or lines, that count so many bytes.
    [[nodiscard]] SLUICE_COLD Counted<SpilledBlock> write(std::string_view bytes, std::size_t counted, std::int64_t records)
    {
        Counted<SpilledBlock> block{makeCounted<StoredBlock>(store_, store_->write(bytes), counted, records)};
        fails_ = false;
        return block;
    }
    /// Within a catch.
    SLUICE_COLD void failed() noexcept
    {
        if (std::exchange(fails_, true)) return;
        try {
            try {
                throw;
            } catch (std::exception const& error) {
                graph_.log({LogLevel::warning,
                            label_,
                            {},
                            concat({error.what(), "; what is received beyond Config::maxReceivedBytes waits until it can be written"})});
            }
        } catch (...) {  // there is no memory to say so
        }
    }

private:
    GraphCore const& graph_;
    Label label_;
    Room& room_;
    Counted<DiskStore> store_;
    bool fails_ = false;
};

/// A stream whose batches lie only partly in memory was to be used as if they lay there.
[[noreturn]] SLUICE_COLD inline void refuseUnspilled(Label const& input)
{
    throw IllegalState{concat({where(input), ": what is received may lie on a disk: use the stream that spill() gives"})};
}

/// Of records. Once they do not fit, those that come are gathered for a block, as a part of the batch of its own.
template <class T>
class RecordsToDisk final : public RecordSpill<T> {
public:
    template <class... Where>
    SLUICE_COLD explicit RecordsToDisk(Where&&... where) : file_(static_cast<Where&&>(where)...)
    {
    }

    SLUICE_COLD bool admits(std::size_t bytes, Counted<RecordBlock<T>>& open, std::size_t& openBytes) override
    {
        auto const free = file_.free();
        bool const fits = bytes <= free && (!overflows_ || free - bytes >= fullBlock);
        if (!fits && openBytes >= fullBlock) {
            bool const written = overflows_ && write(*open, openBytes);
            if (!written) {
                close(open, openBytes);
                if (std::exchange(overflows_, false)) return false;
            }
        }
        overflows_ = !fits;
        file_.room().add(bytes);
        return true;
    }

    SLUICE_COLD void moveTo(RecordBlocks<T>& batch, RecordBlock<T>& open, std::size_t& openBytes) override
    {
        if (overflows_ && file_.isOver()) static_cast<void>(write(open, openBytes));
        overflows_ = false;
        parts_.makeRoom();
        batch.parts.swap(parts_);
        batch.spilled = std::exchange(spilled_, 0);
        batch.unprocessed = std::exchange(closed_, 0);
        batch.bytes = batch.unprocessed + batch.spilled;
        this->records = 0;
    }

    [[noreturn]] SLUICE_COLD void refuse(Label const& input) const override { refuseUnspilled(input); }

private:
    /// The records of the block go to the disk; false: those that did not are there still.
    [[nodiscard]] bool write(RecordBlock<T>& open, std::size_t& openBytes) noexcept
    {
        auto& all = open.records;
        std::size_t done = 0;
        try {
            while (done < all.size()) {
                BinaryWriter writer{buffer_};
                auto end = done;
                std::size_t bytes = 0;
                for (; end < all.size() && end - done < mostInBlock<T> && writer.written() < fullBlock; ++end) {
                    encodeInto(writer, all[end]);
                    bytes += bytesOf(all[end]);
                }
                writer.finish();
                auto block = makeCounted<RecordBlock<T>>();
                parts_.makeRoom();
                block->spilled = file_.write(buffer_, bytes, static_cast<std::int64_t>(end - done));
                buffer_.clear();
                add(std::move(block), end - done);
                done = end;
                spilled_ += bytes;
                openBytes -= bytes;
                file_.room().leave(bytes);
            }
        } catch (...) {
            buffer_.clear();
            file_.failed();
        }
        bool const whole = done == all.size();
        all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(done));
        return whole && openBytes < fullBlock;  // a description is not written
    }

    /// What is open stays in memory, and is followed by another one.
    void close(Counted<RecordBlock<T>>& open, std::size_t& openBytes)
    {
        auto next = makeCounted<RecordBlock<T>>();
        parts_.makeRoom();
        auto const has = open->records.size();
        add(std::exchange(open, std::move(next)), has);
        closed_ += std::exchange(openBytes, 0);
    }
    void add(Counted<RecordBlock<T>> block, std::size_t count)
    {
        this->records += count;
        parts_.push_back({std::move(block), this->records});
    }

    SpillFile file_;
    bool overflows_ = false;  // what is open is to be written
    List<typename RecordBlocks<T>::Part> parts_;
    std::size_t closed_ = 0;   // bytes of those in memory,
    std::size_t spilled_ = 0;  // and on the disk
    std::string buffer_;
};

/// Of text: whole lines of a chunk, when it is full or a batch takes them.
class TextToDisk final : public TextSpill {
public:
    template <class... Where>
    SLUICE_COLD explicit TextToDisk(Where&&... where) : file_(static_cast<Where&&>(where)...)
    {
    }

    SLUICE_COLD void added(List<TextSegment>& to) override
    {
        if (!file_.isOver()) return;
        auto const last = to.back();
        std::string_view lines{last.begin, last.size()};
        auto const before = to.size() - 1;
        try {
            while (!lines.empty()) {
                auto const piece = lines.substr(0, lines.size() > fullPiece ? endOfLine(lines) : lines.size());
                to.push_back({makeCounted<TextChunk>(file_.write(piece, piece.size(), linesIn(piece))), nullptr, nullptr});
                lines.remove_prefix(piece.size());
            }
        } catch (...) {
            while (to.size() > before + 1) to.pop_back();
            this->waits.store(true, std::memory_order_relaxed);
            file_.failed();
            return;
        }
        for (auto i = before; i + 1 < to.size(); ++i) to[i] = to[i + 1];
        to.pop_back();
        this->bytes += last.size();
        file_.room().leave(last.size());
    }

    SLUICE_COLD std::size_t moveWhole(List<TextSegment>& from, std::int64_t lines, TextBlocks& batch) override
    {
        std::size_t whole = 0;
        auto left = lines;
        for (; whole < from.size() && left > 0; ++whole) {
            auto& segment = from[whole];
            auto const has = segment.chunk->spilled ? segment.chunk->spilled->records : linesIn({segment.begin, segment.size()});
            if (has > left) {
                if (segment.chunk->spilled) load(segment);
                break;
            }
            left -= has;
        }
        for (std::size_t i = 0; i < whole; ++i) {
            auto const size = from[i].size();
            batch.bytes += size;
            if (from[i].chunk->spilled) batch.spilled += size;
            batch.segments.push_back(from[i]);
        }
        batch.lines = lines - left;
        return whole;
    }
    [[noreturn]] SLUICE_COLD void refuse(Label const& input) const override { refuseUnspilled(input); }

private:
    static constexpr std::size_t fullPiece = std::size_t{256} << 10;

    static std::int64_t linesIn(std::string_view text)
    {
        return static_cast<std::int64_t>(countLf(text.data(), text.size())) + (text.back() == '\n' ? 0 : 1);
    }
    /// The first one behind a full piece.
    static std::size_t endOfLine(std::string_view lines)
    {
        auto const lf = lines.find('\n', fullPiece - 1);
        return lf == lines.npos ? lines.size() : lf + 1;
    }
    void load(TextSegment& segment)
    {
        std::string buffer;
        auto const text = segment.chunk->spilled->read(buffer);
        auto chunk = makeCounted<TextChunk>(text.size());
        std::memcpy(chunk->data, text.data(), text.size());
        auto const* const begin = chunk->data;
        segment = {std::move(chunk), begin, begin + text.size()};
        this->bytes -= text.size();
        file_.room().add(text.size());
    }

    SpillFile file_;
};

/// The expressions of what was received, some of it on a disk: a record, or a line, is in memory while it is pushed.
template <class T>
class SpilledRecords : public Received<T> {
public:
    static constexpr bool stored = false;

    using Received<T>::Received;

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        return eachSpan(p, from, [&sink](T const* records, std::size_t size) { return pushSpan(records, size, sink); });
    }
    template <class F>
    std::size_t eachSpan(std::size_t p, std::size_t from, F&& f) const
    {
        std::string buffer;
        DecodedBlock<T> decoded;
        return this->eachSpanIn(p, from, f, [&](RecordBlock<T> const& block) -> T const* {
            if (!block.spilled) return block.records.data();
            return decoded.decode(block.spilled->read(buffer), static_cast<std::size_t>(block.spilled->records));
        });
    }
};
class SpilledText : public ReceivedText {
public:
    static constexpr bool stable = false;

    using ReceivedText::ReceivedText;

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        std::string buffer;
        return eachIn(p, from, sink, [&buffer](TextSegment const& segment) { return segment.text(buffer); });
    }
};

/// What spills of such an input, and the expression of its batches.
template <class Batch>
struct SpillOf;
template <class T>
struct SpillOf<Received<T>> {
    using Writer = RecordsToDisk<T>;
    using type = SpilledRecords<T>;
    static constexpr bool hasForm = Encodable<T> && Decodable<T>;
};
template <>
struct SpillOf<ReceivedText> {
    using Writer = TextToDisk;
    using type = SpilledText;
    static constexpr bool hasForm = true;
};

/// The same input, by its batches as they lie.
template <class Impl>
class SpillingInput : public SharedNode<Impl> {
public:
    using Batch = typename SpillOf<typename Impl::Batch>::type;

    explicit SpillingInput(SharedNode<Impl> node) : SharedNode<Impl>(std::move(node)) {}

    [[nodiscard]] Maybe<Batch> at(Time t) const { return this->impl().memo.template batch<Batch>(t); }
};

/// Right behind an input that is fed through a store.
struct BehindStore {
    template <class Node>
    static constexpr bool holds = requires(Node& node) { node.impl().store.spill(); };

    template <class Op, class Node>
    static consteval void explain()
    {
        static_assert(holds<Node>,
                      "sluice::spill(): must stand right behind what is received, or behind its name: receiverStream, socketTextStream, "
                      "socketStream, rawSocketStream, channelStream");
    }
};
struct HasDiskForm {
    template <class Node>
    static consteval bool hasForm()
    {
        using Impl = std::remove_reference_t<decltype(std::declval<Node const&>().impl())>;
        return SpillOf<typename Impl::Batch>::hasForm;
    }
    template <class Node>
    static constexpr bool holds = hasForm<Node>();

    template <class Op, class Node>
    static consteval void explain()
    {
        static_assert(holds<Node>,
                      "sluice::spill(): records that are received must have a binary form to lie on a disk, and be made of it again: "
                      "specialise sluice::EncodedAs for what has none");
    }
};

struct SpillOp : NodeOpBase, Needs<BehindStore, HasDiskForm> {
    Label label;

    constexpr explicit SpillOp(CallSite at) : label{"spill", at} {}

    template <class Impl>
    auto attach(SharedNode<Impl> node) const
    {
        auto& input = node.impl();
        if (input.store.spill() != nullptr) throw InvalidArgument{concat({where(label), ": it spills already"})};
        input.store.setSpill(makeCounted<typename SpillOf<typename Impl::Batch>::Writer>(*input.graph, label, input.store.space()));
        return streamOf(SpillingInput<Impl>{std::move(node)});
    }
};

}  // namespace detail

/// What is received beyond `Config::maxReceivedBytes` goes to the disk, instead of making the receiver, and so the sender, wait for a
/// batch: `socketTextStream(context, host, port) | spill() | …`. Right behind an input that is received, by `receiverStream`,
/// `socketTextStream`, `socketStream`, `rawSocketStream` or `channelStream`, or behind its name or `checkpoint()`; the stream that it gives is used in
/// the place of that input's own, whose batches are an `IllegalState` from then on.
///
/// Batches are the same as without it, in content, order and partitions. The records that come first stay in memory, up to the bound; those
/// beyond it are written, text as it came and others in their binary form, in blocks of 64 KiB or more, with checksums. They are read when
/// their batch runs, a block at a time for each partition: a record, or a line, lies in memory while it is pushed. When a batch is done its
/// bytes leave the bound, and what comes then is in memory again. Above the bound lies what is gathered for a block: 64 KiB, or a range that was
/// stored at once; of text a chunk.
///
/// Files lie in `Config::localDirectory`, without a name, compressed where `Config::compression` says so: they are gone with the process, however it ends, and their space is free when all
/// batches that have a part of one are forgotten. This is no checkpoint: with `checkpoint()`, too, what a process has received lasts as said there,
/// and what it gives again after a start lies in memory. How much of a batch lies on the disk listeners read in
/// `StreamInputInfo::spilledBytes`, as `BytesOf` counts.
///
/// Where a block cannot be written, because the disk is full, or the directory is not there or may not be written to, nothing is lost: its
/// records stay in memory, the log is told once, and what comes waits for room as it does without `spill()`; with each room that there is, it is tried
/// again. A block that cannot be read, or whose checksum is not that which was written, is a `StreamError` of its batch that names the
/// directory, so `Config::onBatchFailure` says what follows. `Config::receiverMaxRate` and back pressure hold receivers as ever.
///
/// Records must be `Decodable`; text needs nothing. A container without an order of its own may come back in another one.
///
/// ```cpp
/// ManualClock clock;
/// StreamingContext ssc{{.master = "inline", .maxReceivedBytes = 1000, .clock = clock}, 1s};
/// auto [channel, numbers] = channelStream<std::int64_t>(ssc);
/// std::int64_t total = 0;
/// numbers | spill() | foreachRDD([&](auto batch) { total += batch | sum(); });
/// ssc.start();
/// for (std::int64_t i = 1; i <= 100'000; ++i) channel.push(i);  // 800,000 bytes
/// clock.advance(1s);
/// ssc.stop();
/// CHECK(total == 100'000LL * 100'001 / 2);
/// ```
inline constexpr detail::Maker<detail::SpillOp> spill{};

}  // namespace sluice::inline SLUICE_ABI
