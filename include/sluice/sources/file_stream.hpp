#pragma once

#include <sluice/input/positions.hpp>
#include <sluice/input/text_blocks.hpp>
#include <sluice/io/file_bytes.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/split_lines.hpp>
#include <sluice/sources/detail/compression.hpp>
#include <sluice/sources/detail/file_monitor.hpp>
#include <sluice/sources/detail/text_marks.hpp>
#include <sluice/stream/config.hpp>
#include <sluice/stream/dstream.hpp>
#include <sluice/stream/memo.hpp>

// One file although it is long: the stream, what it may be told, and the formats that it knows, of which a user's own is one more.

namespace sluice::inline SLUICE_ABI {

/// What becomes of a batch one of whose files cannot be read: it vanished, or is damaged, compressed by something that
/// is not read, in a wrong encoding, of a wrong length, or its format throws.
enum class OnBadFile {
    byKind,  ///< a file that has vanished is skipped, whatever else is wrong fails the batch
    fail,    ///< the batch fails
    skip     ///< the file is skipped, and the log says why: the batch has the records of the others
};

/// Which files a file stream takes, and how.
///
/// ```cpp
/// FileStreamOptions const options{.filter = [](std::string const& path) { return path.ends_with(".csv"); }};
/// CHECK(options.newFilesOnly);
/// CHECK(options.onBadFile == OnBadFile::byKind);
/// ```
struct FileStreamOptions {
    /// Takes a file by its path; unset: each whose name does not begin with a dot.
    Callback<bool(std::string const& path)> filter{};
    /// Whether files that were there before the stream are left out. Where not, those of the last
    /// `Config::fileStreamMinRememberDuration` are taken.
    bool newFilesOnly = true;
    /// What a file that cannot be read does to its batch.
    OnBadFile onBadFile = OnBadFile::byKind;
    /// How long a file must have been seen as it is, by size and time of its last change, before it is taken: for writers that do not
    /// rename what is whole. 0: it is taken when it is first seen. Shorter than `Config::fileStreamMinRememberDuration`.
    Duration unchangedFor{0};
};

namespace detail {

/// A file while its records are pushed.
struct OpenFile {
    std::string_view bytes;
    std::string const& path;
    EnginePlace const& place;
    Label const& label;
};

struct FileFormatBase {};

}  // namespace detail

/// The format of text files: their lines as `std::string_view`, without their end (LF or CRLF); a last line without end
/// is a line. Where a lone CR ends a line, too, the format is `splitLines(LoneCr::endsLine)`. The byte order mark of UTF-8 is no part of
/// the first line; those of UTF-16 and UTF-32 are a `StreamError` that names them. Files whose names end in `.gz` are
/// unpacked where the program includes <sluice/gzip.hpp>; otherwise they are refused, as `.bz2`, `.xz`, `.zst`, `.lz4`, `.Z` and
/// the like always are.
///
/// ```cpp
/// IntervalClock clock{1s};
/// auto lines = fileStream<TextFormat>(clock, "/tmp/in");
/// static_assert(std::is_same_v<decltype(lines)::Value, std::string_view>);
/// ```
struct TextFormat : detail::FileFormatBase {
    // For file streams.
    using Record = std::string_view;
    void check(detail::OpenFile const& file) const { detail::requireBytes(file.path, file.bytes); }
    [[nodiscard]] SLUICE_COLD std::int64_t records(std::string_view bytes) const
    {
        auto const mark = detail::markBytes(bytes);
        auto const lines = detail::countLf(bytes.data() + mark, bytes.size() - mark);
        return static_cast<std::int64_t>(lines + (bytes.size() > mark && bytes.back() != '\n' ? 1 : 0));
    }
    template <class Sink>
    std::size_t each(detail::OpenFile const& file, std::size_t from, Sink& sink) const
    {
        char const* const begin = file.bytes.data();
        char const* const end = begin + file.bytes.size();
        if (from == 0) from = detail::markBytes(file.bytes);
        return from + detail::pushLinesPolling(file.place, begin + from, end, sink).count;
    }
};

/// The format of files that are records of one length, as `std::string_view`: a file of another length than a multiple
/// of it is a `StreamError` that names the file and both. Compressed files are unpacked, or refused, as by `TextFormat`.
///
/// ```cpp
/// IntervalClock clock{1s};
/// auto samples = fileStream(clock, "/tmp/in", {}, FixedLengthFormat{16});
/// CHECK(samples.slideDuration() == 1s);
/// ```
struct FixedLengthFormat : detail::FileFormatBase {
    std::size_t length;
    explicit FixedLengthFormat(std::size_t bytes) : length(bytes)
    {
        if (bytes == 0) throw InvalidArgument{"sluice::FixedLengthFormat: a record has at least one byte, got 0"};
    }

    // For file streams.
    using Record = std::string_view;
    SLUICE_COLD void check(detail::OpenFile const& file) const
    {
        if (file.bytes.size() % length == 0) return;
        throw StreamError{detail::concat({file.path, " has ", detail::Digits{file.bytes.size()}.text(), " bytes, which are no records of ",
                                          detail::Digits{length}.text()})};
    }
    [[nodiscard]] std::int64_t records(std::string_view bytes) const { return static_cast<std::int64_t>(bytes.size() / length); }
    template <class Sink>
    std::size_t each(detail::OpenFile const& file, std::size_t from, Sink& sink) const
    {
        auto const records = file.bytes.size() / length;
        auto i = from;
        bool more = true;
        while (i < records && more) {
            file.place.poll();
            auto const stop = records - i < detail::recordsPerPoll ? records : i + detail::recordsPerPoll;
            Sink local = static_cast<Sink&&>(sink);
            while (i < stop && more) more = local(std::string_view{file.bytes.data() + i++ * length, length});
            sink = static_cast<Sink&&>(local);
        }
        return i;
    }
};

namespace detail {

template <class F>
inline constexpr bool isLibraryFormat = std::is_base_of_v<FileFormatBase, F>;

/// Whether it is a function of which we know that it reads text, so that byte order marks are looked at, and the bytes unpacked. A
/// function of the user's is given the bytes as they are.
template <class F>
inline constexpr bool readsText = std::is_same_v<F, SplitLines>;

template <class F>
concept FormatOfPath = requires(F const& f, std::string_view bytes, std::string_view path) { f(bytes, path); };
template <class F>
concept FormatOfBytes = requires(F const& f, std::string_view bytes) { f(bytes); };

template <class F>
decltype(auto) formatted(F const& f, std::string_view bytes, std::string_view path)
{
    if constexpr (FormatOfPath<F>) return f(bytes, path);
    else return f(bytes);
}
template <class F>
using FormattedBy = decltype(formatted(std::declval<F const&>(), std::string_view{}, std::string_view{}));

/// Whether it is one of ours, or a function that gives a range.
template <class F>
consteval bool readsFiles()
{
    if constexpr (isLibraryFormat<F>) return true;
    else if constexpr (FormatOfPath<F> || FormatOfBytes<F>) return Iterable<std::remove_reference_t<FormattedBy<F>>>;
    else return false;
}

template <class F>
struct FormatTraits {
    using Record = ElementOf<FormattedBy<F>>;
    static constexpr bool stable = elementsLast<FormattedBy<F>> && !(movesOut<FormattedBy<F>> && !canOwn<Record>);
};
template <class F>
    requires isLibraryFormat<F>
struct FormatTraits<F> {
    using Record = typename F::Record;
    static constexpr bool stable = true;
};

/// The bytes of one file of a batch, read when its partition runs for the first time.
struct BatchFile : RefCounted {
    explicit BatchFile(io::FileInfo file) : listed(std::move(file)) {}

    io::FileInfo listed;  // without its path
    Once once;
    io::FileBytes bytes;
    std::string unpacked;  // where they were compressed
    bool isUnpacked = false;
    std::atomic<bool> isSkipped{false};
    std::atomic<std::int64_t> records{0};  // that a format which is a function has given

    [[nodiscard]] std::string_view view() const { return isUnpacked ? std::string_view{unpacked} : bytes.view(); }
};

/// The files of one batch.
template <class Format>
struct FileBatch : RefCounted {
    std::vector<std::string> paths;
    List<Counted<BatchFile>> files;
    Counted<Box<Format>> format;
    Counted<FileMonitor<>> monitor;
    Counted<GraphCore> graph;
    OnBadFile onBadFile = OnBadFile::byKind;
    bool isAgain = false;  // it had its files in another process, too
    Time time;
    Label label;
    EnginePlace place;

    void clear()
    {
        paths.clear();
        files.clear();
        place = EnginePlace{};
    }
};

/// The expression of the records of files: a partition for each.
template <class Format>
class FileRecords {
public:
    using Record = typename FormatTraits<Format>::Record;
    static constexpr bool stored = false;
    static constexpr bool stable = FormatTraits<Format>::stable;

    explicit FileRecords(Counted<FileBatch<Format>> batch) : batch_(std::move(batch)) {}

    [[nodiscard]] static constexpr bool resumable() { return isLibraryFormat<Format>; }
    [[nodiscard]] std::size_t partitions() const { return batch_->files.size(); }
    [[nodiscard]] bool isEmpty(std::size_t p) const
    {
        auto const& file = *batch_->files[p];
        return file.once.done() && file.view().empty();
    }
    [[nodiscard]] EnginePlace const& place() const { return batch_->place; }
    void prepare() const {}
    [[nodiscard]] std::vector<std::string> const& positions() const { return batch_->paths; }

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        auto& file = *batch_->files[p];
        auto const& path = batch_->paths[p];
        batch_->place.poll();
        file.once.run([&] { read(path, file); });
        OpenFile const open{file.view(), path, batch_->place, batch_->label};
        if constexpr (isLibraryFormat<Format>) return batch_->format->value.each(open, from, sink);
        else return push(open, file, sink);
    }

private:
    using OfLibrary = std::bool_constant<isLibraryFormat<Format>>;

    SLUICE_COLD void read(std::string const& path, BatchFile& file) const
    {
        bool vanished = false;
        try {
            auto const open = io::openToRead(path);
            int const error = errno;
            auto const now = open ? io::lookAt(open) : io::FileInfo{};
            vanished = open ? !now.isSame(file.listed) : error == ENOENT || error == ENOTDIR || error == ESTALE;
            if (vanished) {
                batch_->monitor->giveBack(batch_->time, path, file.listed);
                throw StreamError{concat({"sluice::io: cannot read ", path, ": ",
                                          open ? "it has become another file, which is taken by a later batch" : std::strerror(error)})};
            }
            if (open && batch_->isAgain && !now.isUnchanged(file.listed)) {
                warn(concat({path, " has changed since this batch had it before the restart: it has it as it is now"}));
            }
            errno = error;
            load(path, open, file);
        } catch (std::bad_alloc const&) {
            failIn(batch_->label);
        } catch (...) {
            if (!skips(vanished)) failIn(batch_->label);
            file.bytes = {};
            file.unpacked.clear();
            skip(path, file);
        }
    }

    SLUICE_COLD void load(std::string const& path, io::FileDescriptor const& open, BatchFile& file) const
    {
        auto const& format = batch_->format->value;
        constexpr bool unpacks = requires { format.unpack(std::string_view{}, path, file.unpacked); };
        constexpr bool unpackedByName = !unpacks && (OfLibrary::value || readsText<Format>);
        io::FileBytes bytes{path, open};
        if constexpr (unpacks) file.isUnpacked = format.unpack(bytes.view(), path, file.unpacked);
        if constexpr (unpackedByName) file.isUnpacked = unpackByName(path, bytes.view(), file.unpacked);
        if (!file.isUnpacked) file.bytes = std::move(bytes);
        if constexpr (OfLibrary::value) format.check({file.view(), path, batch_->place, batch_->label});
        if constexpr (readsText<Format>) requireBytes(path, file.view());
    }

    [[nodiscard]] bool skips(bool vanished) const
    {
        return batch_->onBadFile == OnBadFile::skip || (vanished && batch_->onBadFile == OnBadFile::byKind);
    }

    /// Called in a catch block: the file is skipped, and that is told once.
    SLUICE_COLD void skip(std::string const& path, BatchFile& file) const
    {
        if (file.isSkipped.exchange(true)) return;
        warn(concat({path, " is skipped: ", errorText(std::current_exception())}));
    }
    SLUICE_COLD void warn(std::string text) const { batch_->graph->log({LogLevel::warning, batch_->label, batch_->time, std::move(text)}); }

    template <class Sink>
    std::size_t push(OpenFile const& file, BatchFile& kept, Sink& sink) const
    {
        if (kept.isSkipped.load(std::memory_order_relaxed)) return 0;
        Sink local = static_cast<Sink&&>(sink);
        std::size_t count = 0;
        bool ours = true;  // no operator behind it is called
        try {
            auto const bytes = readsText<Format> ? file.bytes.substr(markBytes(file.bytes)) : file.bytes;
            FormattedBy<Format>&& range = formatted(batch_->format->value, bytes, file.path);
            auto const end = std::end(range);
            for (auto i = std::begin(range); i != end; ++i) {
                if (++count % recordsPerPoll == 0) file.place.poll();
                Record&& record = static_cast<Record>(*i);
                ours = false;
                bool const more = local(static_cast<Record&&>(record));
                ours = true;
                if (!more) break;
            }
        } catch (StreamError const& error) {
            if (!ours && error.label().kind[0] != '\0') throw;  // of an operator behind it
            if (!ours || count > 1 || batch_->onBadFile != OnBadFile::skip) fail(file);
            skip(file.path, kept);
        } catch (...) {
            if (!ours || count > 1 || batch_->onBadFile != OnBadFile::skip) fail(file);
            skip(file.path, kept);
        }
        sink = static_cast<Sink&&>(local);
        auto most = kept.records.load(std::memory_order_relaxed);
        auto const records = static_cast<std::int64_t>(count);
        while (most < records && !kept.records.compare_exchange_weak(most, records, std::memory_order_relaxed)) {}
        return count;
    }

    [[noreturn]] SLUICE_COLD static void fail(OpenFile const& file)
    {
        std::throw_with_nested(StreamError{file.label, concat({file.path, ": ", errorText(std::current_exception())})});
    }

    Counted<FileBatch<Format>> batch_;
};

template <class Format>
struct FileNode final : InputNode {
    using Batch = FileRecords<Format>;

    FileNode(Counted<GraphCore> const& core, Label const& where, std::string const& directory, FileStreamOptions options, Format how)
        : InputNode(core, where),
          onBadFile(options.onBadFile),
          monitor(makeCounted<FileMonitor<>>(typename FileMonitor<>::Rules{directoryOf(where, directory), std::move(options.filter),
                                                                           windowOf(*core, where), options.unchangedFor})),
          format(makeCounted<Box<Format>>(static_cast<Format&&>(how)))
    {
        auto const window = windowOf(*core, where);
        if (options.unchangedFor < Duration{0} || options.unchangedFor >= window) {
            throw InvalidArgument{
                concat({detail::where(where), ": FileStreamOptions::unchangedFor must be at least 0, and less than what is looked back (",
                        toString(window), "), got ", toString(options.unchangedFor)})};
        }
        monitor->begin(core->owner() != nullptr ? std::optional{core->owner()->now()} : std::nullopt, options.newFilesOnly,
                       [this](LogLevel level, std::string text) { tell(level, {}, std::move(text)); });
    }
    SLUICE_COLD ~FileNode() override = default;

    SLUICE_COLD void fix(Time t) override
    {
        auto const slot = memo.findOr(t, [](auto&) {});
        slot->format = format;
        slot->monitor = monitor;
        slot->graph = graph;
        slot->onBadFile = onBadFile;
        slot->time = t;
        slot->label = label;
        slot->place = graph->place();
        slot->isAgain = monitor->isAgain(t);
        auto* const owner = graph->owner();
        auto const begin = owner != nullptr ? owner->now() : Time{};
        try {
            auto found =
                monitor->select(t, graph->remembered(), [&](LogLevel level, std::string text) { tell(level, t, std::move(text)); });
            if (kept) monitor->keepBatch(t, found, graph->remembered());
            slot->paths.reserve(found.size());
            for (auto& file : found) {
                slot->paths.push_back(std::move(file.path));
                slot->files.push_back(makeCounted<BatchFile>(std::move(file)));
            }
        } catch (...) {
            tell(LogLevel::warning, t, concat({"no file is taken: ", errorText(std::current_exception())}));
            if (kept) kept->fixed(t, {});
        }
        auto const took = owner != nullptr ? owner->now() - begin : Duration{};
        if (took > graph->interval()) {
            tell(LogLevel::warning, t, concat({"looking for files took ", toString(took), ", longer than the batch interval"}));
        }
    }

    [[nodiscard]] Maybe<Batch> at(Time t) const { return memo.template batch<Batch>(t); }

    [[nodiscard]] SLUICE_COLD StreamInputInfo info(Time t) const override
    {
        StreamInputInfo told{id, 0, {}};
        auto const batch = memo.find(t);
        for (std::size_t i = 0; batch && i < batch->paths.size(); ++i) {
            if (i > 0) told.description += '\n';
            told.description += batch->paths[i];
            told.numRecords += recordsOf(*batch->files[i]);
        }
        return told;
    }

    void evict(Time upTo) override { memo.evict(upTo); }
    [[nodiscard]] Duration slide() const { return graph->interval(); }
    [[nodiscard]] SLUICE_COLD Counted<CheckpointedPart> checkpointed() override
    {
        kept = monitor->keep(Time{Duration::min()}, graph->remembered());
        if (graph->owner() != nullptr) monitor->resumeAt(graph->owner()->now());
        return makeCounted<SourceKeeper<FileMonitor<>>>(*this, *monitor, kept);
    }

    OnBadFile onBadFile;
    Counted<FileMonitor<>> monitor;
    Counted<KeptChanges> kept;  // where a checkpoint keeps it
    Counted<Box<Format>> format;
    Memo<FileBatch<Format>> memo;

private:
    /// Of one that has been read: nobody reads it to count.
    [[nodiscard]] SLUICE_COLD std::int64_t recordsOf(BatchFile const& file) const
    {
        if (!file.once.done() || file.isSkipped.load(std::memory_order_relaxed)) return 0;
        if constexpr (requires { format->value.records(file.view()); }) return format->value.records(file.view());
        else return file.records.load(std::memory_order_relaxed);
    }

    /// At least what the setting says, in whole batches.
    SLUICE_COLD static Duration windowOf(GraphCore const& core, Label const& label)
    {
        auto const least =
            core.owner() != nullptr ? core.owner()->config().fileStreamMinRememberDuration : Config{}.fileStreamMinRememberDuration;
        if (least <= Duration{0}) {
            throw InvalidArgument{
                concat({"sluice::", label.kind, ": Config::fileStreamMinRememberDuration must be positive, got ", toString(least)})};
        }
        auto const interval = core.interval();
        return times(interval, (least - Duration{1}) / interval + 1);
    }

    SLUICE_COLD void tell(LogLevel level, std::optional<Time> t, std::string text) { graph->log({level, label, t, std::move(text)}); }
};

/// For the sources that are made of it.
template <class Format>
auto filesOf(Graph const& graph, Label const& label, std::string const& directory, FileStreamOptions options, Format format)
{
    using Node = FileNode<Format>;
    auto node = addInput<Node>(graph, label, directory, std::move(options), static_cast<Format&&>(format));
    return streamOf(SharedNode<Node>{std::move(node)});
}

}  // namespace detail

/// Records of the files that appear in a directory: `fileStream<Format>(context, directory, options, format)`.
///
/// The directory is a path or `file:///path`, and may be a pattern of directories (`/in/day-*`). At each tick it is
/// looked through, not recursively. A file belongs to the first batch that sees it, exactly once: if the filter takes it, and it
/// was not there when the stream was made (`newFilesOnly`), and no file of its name was taken within w before, nor this file
/// under another name; w is `Config::fileStreamMinRememberDuration` in whole batches. Times of change, which are as coarse as the
/// file system makes them, say only what is too old: what was last changed more than w before the batch, and before the batch before.
/// So files appear by being renamed into the directory, whole, and soon after their last change; where writers cannot,
/// `unchangedFor` waits for them. Directories and what is no regular file are not taken. A directory that is not
/// there, or cannot be looked through, is logged, and the batch is empty.
///
/// Whatever is left out is told to the log once, by its name and with the reason: as a warning where it may surprise (too old,
/// changed after it was taken, vanished), else as an information (hidden, not in the filter, a directory, from before the stream, it may
/// grow still). A file that vanishes, or is replaced by another one, before it is read does not lose the others of its batch:
/// `onBadFile` says what becomes of it. One that comes back is new.
///
/// With a checkpoint it has a name, and goes on where it was: what was taken, and what was there before the first start, is known still, as
/// long as is looked back. A file that came while there was no process belongs to the first batch of that time that is not older than its
/// last change. A batch that was not done has the same files again: one that has changed since is read as it is, and the log says so; one
/// that has vanished, or has become another one, as ever.
///
/// A format is `TextFormat`, `FixedLengthFormat`, or a function f(bytes) or f(bytes, path) of your own, called as const,
/// by several threads at once: it takes the bytes of one file as `std::string_view`, which last as long as the batch, and
/// returns a range of records. One partition for each file, in the order of the bytes of their names; `positionsOf(rdd)`
/// gives their paths, and listeners see them. Without a file: an empty batch of no partition. A file that cannot be read,
/// or that its format does not take, is a `StreamError` that names it, or is skipped (`onBadFile`; where a function of your own has
/// given records of it already, it fails). A host or another scheme than `file`: `Unsupported`. `unchangedFor` that is not shorter than
/// w: `InvalidArgument`.
///
/// ```cpp
/// testing::Harness harness;
/// auto numbers = fileStream(harness.context(), "/tmp/in-*", {.newFilesOnly = false},
///                           [](std::string_view bytes) { return std::vector<std::size_t>{bytes.size()}; });
/// static_assert(std::is_same_v<decltype(numbers)::Value, std::size_t>);
/// CHECK_THROWS_AS(static_cast<void>(fileStream<TextFormat>(harness.context(), "hdfs://host/in")), Unsupported);
/// ```
template <class Format>
[[nodiscard]] auto fileStream(Graph const& graph, std::string const& directory, FileStreamOptions options = {}, Format format = {},
                              CallSite at = CallSite::here())
{
    static_assert(detail::readsFiles<Format>(),
                  "sluice::fileStream(context, directory, options, format): format must be a function of the bytes of a "
                  "file, or of these and its path, as std::string_view, that is called as const and returns a range of records");
    if constexpr (detail::readsFiles<Format>()) {
        return detail::filesOf(graph, {"fileStream", at}, directory, std::move(options), static_cast<Format&&>(format));
    } else {
        return detail::Refused{};
    }
}

}  // namespace sluice::inline SLUICE_ABI
