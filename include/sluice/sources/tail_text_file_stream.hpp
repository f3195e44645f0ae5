#pragma once

#include <sluice/input/positions.hpp>
#include <sluice/input/store.hpp>
#include <sluice/io/local_path.hpp>
#include <sluice/sources/detail/tail_reader.hpp>
#include <sluice/stream/dstream.hpp>
#include <sluice/stream/memo.hpp>

namespace sluice::inline SLUICE_ABI {

/// Where a `tailTextFileStream` begins in files that are there already.
enum class TailFrom {
    end,       ///< behind their last line: what is written from now on
    beginning  ///< with their first line
};

/// How a `tailTextFileStream` reads.
///
/// ```cpp
/// TailTextFileOptions const options{.from = TailFrom::beginning};
/// CHECK(options.rotatedFor == 60s);
/// ```
struct TailTextFileOptions {
    /// Where it begins in files that are there when the stream is made; those that come later are read from their beginnings.
    TailFrom from = TailFrom::end;
    /// How long a line may be, in bytes: longer ones are left out, and the log says so.
    std::size_t maxLineBytes = std::size_t{256} << 20;
    /// How long a file is read on, by the clock, when it was rotated away, removed or renamed, and nothing is added to it any more.
    Duration rotatedFor = std::chrono::seconds{60};
};

namespace detail {

/// The lines of a batch, which knows where they stand.
class TailedText : public ReceivedText {
public:
    explicit TailedText(Counted<TailBlocks> batch) : ReceivedText(batch->text), batch_(std::move(batch)) {}

    [[nodiscard]] std::vector<TailPosition> const& positions() const { return batch_->positions; }

private:
    Counted<TailBlocks> batch_;
};

template <class = void>
struct TailNode final : InputNode {
    using Batch = TailedText;

    TailNode(Counted<GraphCore> const& core, Label const& where, std::string path, TailTextFileOptions const& options)
        : InputNode(core, where, core->rateLimit()),
          bound(core->maxReceivedBytes()),
          reader({std::move(path), options.from == TailFrom::beginning, options.rotatedFor, options.maxLineBytes})
    {
        reader.begin([this](LogLevel level, std::string text) { graph->log({level, label, {}, std::move(text)}); });
    }
    SLUICE_COLD ~TailNode() override = default;

    void fix(Time t) override
    {
        auto const slot = memo.findOr(t, [](TailBlocks&) {});
        auto& text = *slot->text;
        text.place = graph->place();
        text.partitions = graph->place().defaultPartitions();
        read(t, *slot);
        text.unprocessed = text.bytes;
        used.fetch_add(text.unprocessed, std::memory_order_relaxed);
        lines.store(reader.received(), std::memory_order_relaxed);
    }

    [[nodiscard]] Maybe<Batch> at(Time t) const { return memo.template batch<Batch>(t); }

    [[nodiscard]] SLUICE_COLD StreamInputInfo info(Time t) const override
    {
        StreamInputInfo told{id, 0, {}};
        auto const slot = memo.find(t);
        if (!slot) return told;
        told.numRecords = slot->text->lines;
        for (auto const& one : slot->positions) {
            Digits const begin{static_cast<std::int64_t>(one.begin)};
            Digits const end{static_cast<std::int64_t>(one.end)};
            told.description += concat({told.description.empty() ? "" : "\n", one.path, ": bytes ", begin.text(), " to ", end.text()});
        }
        return told;
    }

    void finish(Time t) override
    {
        if (auto const slot = memo.find(t)) used.fetch_sub(std::exchange(slot->text->unprocessed, 0), std::memory_order_relaxed);
    }

    [[nodiscard]] SLUICE_COLD StreamHeldInfo held() const override
    {
        StreamHeldInfo all{label.name != nullptr ? label.name : where(label), 0, 0};
        memo.each([&all](TailBlocks const& batch) {
            all.keys += static_cast<std::size_t>(batch.text->lines);
            all.bytes += batch.text->bytes;
        });
        return all;
    }

    SLUICE_COLD void stop() override { reader.close(); }
    void evict(Time upTo) override { memo.evict(upTo); }
    [[nodiscard]] std::int64_t received() const override { return lines.load(std::memory_order_relaxed); }
    [[nodiscard]] Duration slide() const { return graph->interval(); }
    [[nodiscard]] SLUICE_COLD Counted<CheckpointedPart> checkpointed() override
    {
        kept = reader.keep(Time{Duration::min()});
        if (graph->owner() != nullptr) reader.resumeAt(graph->owner()->now());
        return makeCounted<SourceKeeper<TailReader<>>>(*this, reader, kept);
    }

    std::size_t bound;
    TailReader<> reader;
    Counted<KeptChanges> kept;         // where a checkpoint keeps it
    std::atomic<std::size_t> used{0};  // bytes that are read and not yet processed
    std::atomic<std::int64_t> lines{0};
    Memo<TailBlocks> memo;

private:
    SLUICE_COLD void read(Time t, TailBlocks& batch)
    {
        auto const inUse = used.load(std::memory_order_relaxed);
        TailShare share{inUse < bound ? bound - inUse : 0, INT64_MAX, inUse == 0};
        if (rateLimit) {
            share.lines = rateLimit->share();
            rateLimit->open();
        }
        auto const tell = [&](LogLevel level, std::string text) { graph->log({level, label, t, std::move(text)}); };
        try {
            reader.read(t, batch, share, tell);
        } catch (...) {
            tell(LogLevel::warning, concat({"reading is broken off: ", errorText(std::current_exception())}));
        }
        if (kept) reader.keepBatch(t, batch);
    }
};

}  // namespace detail

/// Lines that are appended to text files: `tailTextFileStream(context, path, options)`, as `tail -F` shows them.
///
/// The path, or `file:///path`, may be a pattern (`/var/log/*.log`): then all files that it matches are followed, also those that come
/// later. A file that is not there is read when it comes. At each tick all whole lines that are there belong to the batch, in
/// the order of their files; half lines wait until they are complete. Records are `std::string_view`s, without their
/// end (LF or CRLF), which last as long as the batch.
///
/// A file is known by its device and inode, and is held open: no line is read twice, whatever its name becomes. Where it is rotated
///
/// - by renaming, it is read to its end, then those that came after it, however often it was rotated since the last tick (they
///   are found beside it by names as `a.log.1`, `a.log-20240131`, `a-2024-01-31.log`), and then the new one. It is read on until nothing
///   was added to it for `rotatedFor`: not every writer opens the new one at once;
/// - by copying and truncating, what was not read yet is read from the copy, where one is found beside it by such a name, not
///   compressed. What a writer adds between the copy and the truncation is in neither, and lost to everybody. NULs that a writer leaves who
///   keeps its place in a truncated file are skipped. That it was truncated is found out by its size, and by the bytes before the
///   place that was reached: not where the same bytes stand there again.
///
/// A half line at the end of a file that was rotated away, and whose successor has begun, is a line. When the context stops, half lines
/// are not read, and neither is what was appended after the last tick.
///
/// With a checkpoint it has a name, and goes on where it was, in files that are known by their inodes and births, or, where they are
/// copies by now, by the bytes before the place that was reached: also when they were rotated meanwhile, by renaming or by copying and
/// truncating. Logs of a pattern that came meanwhile are read from their beginnings. A batch that was not done has the same lines again. What
/// is not there any more, under no name, is told to the log with its file and byte.
///
/// At most `Config::maxReceivedBytes` are read and not yet processed, and `Config::receiverMaxRate` lines a second: the rest
/// waits in the files, and each gets its turn. The byte order mark of UTF-8 is no part of the first line; a file with a mark of
/// UTF-16 or UTF-32 is not read. The log is told of that, of lines that are too long, of files that are not there, cannot be read, were
/// truncated or are left out by a pattern (compressed ones, directories), once each. `positionsOf(batch)` gives a vector of
/// `TailPosition`s. It holds one descriptor for each file. A host or another scheme than `file`, or a path of a file that is compressed:
/// `Unsupported`; no path, a limit of 0, a negative duration: `InvalidArgument`.
///
/// ```cpp
/// StreamingContext ssc{{.master = "local[2]", .log = [](LogEntry const&) {}}, 1s};
/// auto lines = tailTextFileStream(ssc, "/var/log/nginx/*.access.log");
/// static_assert(std::is_same_v<decltype(lines)::Value, std::string_view>);
/// CHECK(lines.slideDuration() == 1s);
/// ```
template <class Node = detail::TailNode<>>
[[nodiscard]] auto tailTextFileStream(Graph const& graph, std::string const& path, TailTextFileOptions options = {},
                                      CallSite at = CallSite::here())
{
    Label const label{"tailTextFileStream", at};
    auto const require = [&](bool holds, char const* what) {
        if (!holds) throw InvalidArgument{detail::concat({detail::where(label), ": ", what})};
    };
    require(!path.empty(), "the path has no name");
    require(options.maxLineBytes > 0, "TailTextFileOptions::maxLineBytes must be positive, got 0");
    require(options.rotatedFor >= Duration{0}, "TailTextFileOptions::rotatedFor must not be negative");
    auto local = io::localPath(label, path);
    if (auto const* const compression = detail::compressionOf(local)) {
        throw Unsupported{detail::concat(
            {detail::where(label), ": ", local, " is compressed by ", compression->by, ": nothing is appended to it line by line"})};
    }
    auto node = detail::addInput<Node>(graph, label, std::move(local), options);
    return detail::streamOf(detail::SharedNode<Node>{std::move(node)});
}

namespace detail {

template <class Given, class Wanted>
inline constexpr bool fitsTail = std::is_convertible_v<Given const&, Wanted>;

}  // namespace detail

/// Says what does not fit.
template <class C, class P, class O = TailTextFileOptions>
    requires(!(detail::fitsTail<C, Graph const&> && detail::fitsTail<P, std::string> && detail::fitsTail<O, TailTextFileOptions>))
auto tailTextFileStream(C const&, P const&, O const& = {}, CallSite = {})
{
    static_assert(detail::fitsTail<C, Graph const&>,
                  "sluice::tailTextFileStream(context, path, options): context must be a StreamingContext, or an IntervalClock");
    static_assert(detail::fitsTail<P, std::string>,
                  "sluice::tailTextFileStream(context, path, options): path must be a text: that of a file, or a pattern of several");
    static_assert(detail::fitsTail<O, TailTextFileOptions>,
                  "sluice::tailTextFileStream(context, path, options): options must be TailTextFileOptions, as {.from = "
                  "TailFrom::beginning}; which files are followed is said by the path, which may be a pattern");
    return detail::Refused{};
}

}  // namespace sluice::inline SLUICE_ABI
