#pragma once

#include <sluice/batch/callback.hpp>
#include <sluice/batch/counted.hpp>
#include <sluice/exchange/stable_sort.hpp>
#include <sluice/io/directory.hpp>
#include <sluice/io/local_path.hpp>
#include <sluice/sources/detail/source_keeper.hpp>
#include <sluice/stream/config.hpp>
#include <sluice/stream/time.hpp>

// One file although it is long: whether a file is new, and why it is left out, is judged by one memory of what was there.

namespace sluice::inline SLUICE_ABI::detail {

/// Which files of some directories belong to which batch.
///
/// A file belongs to the first batch that sees it: of that name, and under no other name, was none there before. What was
/// there is known by its name, its inode and its birth; time stamps are as coarse as their file system makes them, and
/// only tell what is too old to be looked at, and so what may be forgotten. What is left out is told once, by its name.
template <class = void>
class FileMonitor : public RefCounted {
public:
    using Filter = Callback<bool(std::string const& path)>;

    struct Rules {
        std::string pattern;
        Filter filter{};
        Duration window{};        // how long files are looked back for
        Duration unchangedFor{};  // how long one must be as it is before it is taken
    };

    explicit FileMonitor(Rules rules) : rules_(std::move(rules))
    {
        while (rules_.pattern.size() > 1 && rules_.pattern.ends_with('/')) rules_.pattern.pop_back();
    }

    /// What is there now is no new file. Where that cannot be told, files from before `now` are none.
    template <class Tell>
    SLUICE_COLD void begin(std::optional<Time> now, bool newFilesOnly, Tell const& tell)
    {
        looked_ = now;
        lookedAt_ = io::detail::realTime(CLOCK_REALTIME_COARSE);
        if (!newFilesOnly) return;
        baseline_ = now;
        try {
            look(now.value_or(Time{}), Duration{0}, true, tell);
            baseline_.reset();
        } catch (...) {  // the first batch meets it again, and says so
        }
    }

    /// The files of batch t, directory by directory, in the order of the bytes of their names. They are remembered. Where
    /// something throws, none is. tell(level, text) is told what is left out, and why.
    template <class Tell>
    SLUICE_COLD std::vector<io::FileInfo> select(Time t, Duration remembered, Tell const& tell)
    {
        if (!loaded_.empty()) sortLoaded();
        auto* const again = unfinished(t);
        if (again != nullptr && !again->looked) throw StreamError{"there was none before the restart, either"};
        auto files = again != nullptr ? takeAgain(*again) : look(t, remembered, false, tell);
        baseline_.reset();
        looked_ = t;
        lookedAt_ = again != nullptr ? again->lookedAt : io::detail::realTime(CLOCK_REALTIME_COARSE);
        isFirst_ = isFirst_ && again != nullptr;
        return files;
    }

    /// A file that was taken was not there any more, when it was to be read for batch t: by any thread. If it comes back, under this
    /// name or another, it is new.
    SLUICE_COLD void giveBack(Time t, std::string const& path, io::FileInfo file)
    {
        file.path = path;
        if (changes_) changes_->undo(t, path);
        std::lock_guard const lock{mutex_};
        givenBack_.push_back(std::move(file));
    }

    // What a checkpoint needs to know: see SourceKeeper. Entries are what was taken or is no new file, by paths, as long as a look
    // could take it for one; and that of no path, when it was looked.

    [[nodiscard]] SLUICE_COLD Counted<KeptChanges> keep(Time beforeAll, Duration remembered)
    {
        changes_ = makeCounted<KeptChanges>();
        tellChanges(remembered);
        changes_->fixed(beforeAll, {});
        return changes_;
    }
    /// Up to `caughtUp` batches are of a time in which there was no process: a file that has come since belongs to the first one
    /// that is not older than its last change.
    SLUICE_COLD void resumeAt(Time caughtUp) { caughtUp_ = caughtUp; }
    SLUICE_COLD void reopen()
    {
        known_.clear();
        baseline_.reset();
        isResumed_ = true;
    }
    SLUICE_COLD void load(std::string_view path, std::string_view value)
    {
        BinaryReader reader{value};
        requireVersion(reader);
        if (path.empty()) {
            looked_ = Time{Duration{reader.number<std::int64_t>()}};
            lookedAt_ = reader.number<std::int64_t>();
            if (reader.size() != 0) baseline_ = Time{Duration{reader.number<std::int64_t>()}};
            return;
        }
        Known known;
        known.why = static_cast<Why>(reader.size());
        known.since = Time{Duration{reader.number<std::int64_t>()}};
        known.file = readFile(reader, path);
        known.told = known.why == Why::before;
        known.saved = Saved::asIs;
        loaded_.push_back(std::move(known));
    }
    SLUICE_COLD void replay(Time t, std::string_view has)
    {
        BinaryReader reader{has};
        Unfinished batch{t, reader.left() > 0, 0, {}};
        if (batch.looked) {
            requireVersion(reader);
            batch.lookedAt = reader.number<std::int64_t>();
        }
        while (reader.left() > 0) {
            auto const path = reader.text();
            batch.files.push_back(readFile(reader, path));
        }
        unfinished_.push_back(std::move(batch));
    }
    /// Whether batch t had its files in another process.
    [[nodiscard]] bool isAgain(Time t) { return unfinished(t) != nullptr; }
    /// Batch t has these files, and what changed with it is to be kept.
    SLUICE_COLD void keepBatch(Time t, std::vector<io::FileInfo> const& files, Duration remembered)
    {
        tellChanges(remembered);
        std::string has;
        {
            BinaryWriter writer{has};
            writer.size(version);
            writer.number(lookedAt_);
            for (auto const& file : files) {
                writer.text(file.path);
                writeFile(writer, file);
            }
        }
        changes_->fixed(t, std::move(has));
    }

private:
    /// The first four are written to checkpoints.
    enum class Why : char { none, taken, before, same, growing, named, hidden, filtered, directory, other, tooOld, unreadable, tooMany };
    enum class Saved : char { no, asIs, other };  // as an entry of a checkpoint
    static constexpr std::uint64_t version = 1;

    struct Known {
        io::FileInfo file;
        Time since{};  // taken: in which batch; growing: when it was first seen as it is
        Why why = Why::none;
        Saved saved = Saved::no;
        bool told = false;
        bool gone = false;  // was not there when it was looked for
    };
    struct Unfinished {
        Time time;
        bool looked;  // it came to its files
        std::int64_t lookedAt;
        std::vector<io::FileInfo> files;
    };

    /// What only makes sure that nothing is told twice is bounded.
    static constexpr std::size_t mostNamed = 10'000;

    template <class Tell>
    SLUICE_COLD std::vector<io::FileInfo> look(Time t, Duration remembered, bool baseline, Tell const& tell)
    {
        forgetGivenBack();
        Look now{t, t - (remembered < rules_.window ? rules_.window : remembered), baseline, {}, {}, {}, 0};
        std::vector<std::string> missing;
        std::size_t at = 0;  // of known_, which is in the same order
        for (auto const& directory : io::matchDirectories(rules_.pattern)) {
            auto found = io::listDirectory(directory);
            if (!found) {
                if (baseline) continue;
                if (!contains(missing_, directory)) tell(LogLevel::warning, concat({"there is no directory ", directory}));
                missing.push_back(directory);
                continue;
            }
            for (auto& file : *found) {
                while (at < known_.size() && isBefore(known_[at].file.path, file.path)) keepGone(now, known_[at++]);
                bool const known = at < known_.size() && known_[at].file.path == file.path;
                judge(now, std::move(file), known ? &known_[at] : nullptr, tell);
                if (known) ++at;
            }
        }
        while (at < known_.size()) keepGone(now, known_[at++]);
        auto files = take(now, tell);
        if (changes_) removeSaved(now.known);
        known_ = std::move(now.known);
        missing_ = std::move(missing);
        return files;
    }

    struct Look {
        Time time;
        Time forgotten;  // files of batches before it may come again
        bool baseline;
        std::vector<Known> known;
        std::vector<std::size_t> candidates;  // of known
        std::vector<std::size_t> owners;      // of known: whose identity counts
        std::size_t named;
    };

    /// The directory, then the name: as they are found.
    [[nodiscard]] static bool isBefore(std::string_view a, std::string_view b)
    {
        auto const endOfA = a.rfind('/');
        auto const endOfB = b.rfind('/');
        auto const directories = a.substr(0, endOfA).compare(b.substr(0, endOfB));
        return directories != 0 ? directories < 0 : a.substr(endOfA) < b.substr(endOfB);
    }

    [[nodiscard]] static bool contains(std::vector<std::string> const& all, std::string const& one)
    {
        for (auto const& each : all) {
            if (each == one) return true;
        }
        return false;
    }

    [[nodiscard]] static bool isOwner(Why why) { return why == Why::taken || why == Why::before || why == Why::same; }

    void keep(Look& now, Known&& known)
    {
        if (isOwner(known.why)) now.owners.push_back(now.known.size());
        now.known.push_back(std::move(known));
    }

    /// A name that is not there any more. Directories are read while they change: once may be by mistake.
    void keepGone(Look& now, Known& known)
    {
        bool const remembered = (known.why == Why::taken || known.why == Why::same) && known.since >= now.forgotten;
        if (!remembered && (known.gone || !isOwner(known.why))) return;
        auto kept = known;
        kept.gone = true;
        keep(now, std::move(kept));
    }

    /// Time stamps are some milliseconds behind, as a tick of the kernel is long, or up to two seconds.
    [[nodiscard]] static std::int64_t grain(std::int64_t modified) { return modified % 1'000'000'000 == 0 ? 2'000'000'000 : 20'000'000; }
    [[nodiscard]] static bool isAfter(std::int64_t modified, Time t) { return (modified + grain(modified)) / 1000 > t.microseconds(); }
    /// Whether it is as young as one must be that has come since the last look, or as is looked back for.
    [[nodiscard]] bool isYoung(Look const& now, io::FileInfo const& file) const
    {
        auto const window = now.time - rules_.window;
        return isAfter(file.modified, looked_ ? window.min(*looked_) : window);
    }

    template <class Tell>
    SLUICE_COLD void judge(Look& now, io::FileInfo file, Known const* known, Tell const& tell)
    {
        Known next;
        next.since = caughtUp_ && *caughtUp_ > now.time ? *caughtUp_ : now.time;
        if (known != nullptr) {
            if (known->why != Why::tooMany) next.told = known->told;
            if (known->saved != Saved::no) next.saved = Saved::other;
            if (isOwner(known->why) && !isNew(now, file, *known)) {
                auto kept = *known;
                kept.gone = false;
                if (file.isSame(kept.file)) kept.file.device = file.device;
                bool const changed = !file.isSame(kept.file) || !file.isUnchanged(kept.file);
                if (changed && kept.why != Why::before && !kept.told) {
                    kept.told = true;
                    tell(LogLevel::warning, concat({file.path, " has changed since the batch at ", kept.since.toString(),
                                                    " took it: it is not read again while that is remembered"}));
                }
                if (kept.why == Why::before && !std::exchange(kept.told, true)) explain(kept, tell);
                return keep(now, std::move(kept));
            }
        }
        next.why = reason(now, file);
        if (next.why == Why::tooOld && known != nullptr && known->why == Why::growing) next.why = Why::none;
        bool const waits = caughtUp_ && now.time <= *caughtUp_ && file.modified / 1000 > now.time.microseconds();
        if (next.why == Why::none && waits) return;
        if (next.why == Why::none && rules_.unchangedFor > Duration{0} && !now.baseline) {
            bool const asBefore =
                known != nullptr && known->why == Why::growing && file.isSame(known->file) && file.isUnchanged(known->file);
            if (asBefore) next.since = known->since;
            if (now.time - next.since < rules_.unchangedFor) next.why = Why::growing;
        }
        bool const again = known != nullptr && known->why == next.why;
        next.told = again && next.told;
        next.file = std::move(file);
        if (next.why == Why::none) {
            if (now.baseline) next.why = Why::before;
            else now.candidates.push_back(now.known.size());
        }
        if (now.baseline && next.why == Why::tooOld) next.why = Why::before;
        if (next.why != Why::none && !isOwner(next.why) && next.why != Why::growing && ++now.named > mostNamed) {
            if (now.named == mostNamed + 1) {
                if (!toldMany_) tell(LogLevel::warning, "more files are left out than are named here");
                toldMany_ = true;
            }
            return;
        }
        if (next.why != Why::none && !next.told && !now.baseline) {  // then it is not known yet whether it counts
            next.told = true;
            explain(next, tell);
        }
        keep(now, std::move(next));
    }

    /// Whether a file that is known by its name is another one, or may come again.
    [[nodiscard]] bool isNew(Look const& now, io::FileInfo const& file, Known const& known) const
    {
        bool const changed = !file.isSame(known.file) || !file.isUnchanged(known.file);
        if (known.why == Why::before) return changed && file.kind == io::FileKind::file;
        if (known.why == Why::same && !file.isSame(known.file)) return true;  // no file was taken under that name
        return changed && known.since < now.forgotten;
    }

    [[nodiscard]] Why reason(Look const& now, io::FileInfo const& file) const
    {
        if (file.kind == io::FileKind::directory) return Why::directory;
        if (file.kind == io::FileKind::other) return Why::other;
        if (rules_.filter) {
            if (!rules_.filter(file.path)) return Why::filtered;
        } else if (file.path[file.path.rfind('/') + 1] == '.') {
            return Why::hidden;
        }
        if (file.kind == io::FileKind::unknown) return Why::unreadable;
        if (baseline_ && !now.baseline && !isAfter(file.modified, *baseline_)) return Why::before;
        return isYoung(now, file) ? Why::none : Why::tooOld;
    }

    template <class Tell>
    SLUICE_COLD void explain(Known const& left, Tell const& tell) const
    {
        auto const say = [&](LogLevel level, std::string_view why) { tell(level, concat({left.file.path, " is left out: ", why})); };
        switch (left.why) {
            case Why::before: return say(LogLevel::info, "it was there before the stream (FileStreamOptions::newFilesOnly)");
            case Why::growing: return say(LogLevel::info, "it may grow still (FileStreamOptions::unchangedFor)");
            case Why::hidden: return say(LogLevel::info, "its name begins with a dot, and there is no FileStreamOptions::filter");
            case Why::filtered: return say(LogLevel::info, "FileStreamOptions::filter does not take it");
            case Why::directory: return say(LogLevel::info, "it is a directory, and these are not looked into");
            case Why::other: return say(LogLevel::info, "it is no regular file");
            case Why::tooOld:
                return say(isFirst_ && !(isResumed_ && left.file.changed >= lookedAt_) ? LogLevel::info : LogLevel::warning,
                           concat({"it is too old, last changed at ", Time{Duration{left.file.modified / 1000}}.toString(),
                                   " (Config::fileStreamMinRememberDuration)"}));
            case Why::unreadable:
                return left.file.error == ENOENT ? say(LogLevel::info, "it has vanished, or is a link that leads nowhere")
                                                 : say(LogLevel::warning, std::strerror(left.file.error));
            default: return;
        }
    }

    struct Identity {
        std::uint64_t inode;
        std::size_t at;  // of known
        bool owns;
    };

    /// The candidates that are no other file under another name.
    template <class Tell>
    SLUICE_COLD std::vector<io::FileInfo> take(Look& now, Tell const& tell)
    {
        std::vector<io::FileInfo> files;
        if (now.candidates.empty()) return files;
        std::vector<Identity> all;
        all.reserve(now.owners.size() + now.candidates.size());
        auto const add = [&](std::size_t at, bool owns) { all.push_back({now.known[at].file.inode, at, owns}); };
        for (auto const at : now.owners) add(at, true);
        for (auto const at : now.candidates) add(at, false);
        stableSort(all, [](Identity const& a, Identity const& b) { return a.inode < b.inode; });
        for (std::size_t i = 0; i < all.size(); ++i) {
            auto& one = now.known[all[i].at];
            if (all[i].owns) continue;
            for (auto j = i; j-- > 0 && all[j].inode == all[i].inode;) {
                auto const& other = now.known[all[j].at];
                if (!isOwner(other.why) || !one.file.isSame(other.file)) continue;
                one.why = Why::same;
                one.told = false;
                tell(LogLevel::info, concat({one.file.path, " is left out: it is the file that is, or was, ", other.file.path}));
                break;
            }
            if (one.why == Why::none) one.why = Why::taken;
        }
        files.reserve(now.candidates.size());
        for (auto const at : now.candidates) {
            auto& one = now.known[at];
            if (one.why == Why::same) continue;
            one.since = now.time;
            one.told = false;
            files.push_back(one.file);
        }
        return files;
    }

    /// Neither their names are taken any more, nor the names that they have had since.
    SLUICE_COLD void forgetGivenBack()
    {
        std::vector<io::FileInfo> files;
        {
            std::lock_guard const lock{mutex_};
            files.swap(givenBack_);
        }
        if (files.empty()) return;
        std::vector<Identity> byInode;
        for (std::size_t i = 0; i < files.size(); ++i) byInode.push_back({files[i].inode, i, false});
        stableSort(byInode, [](Identity const& a, Identity const& b) { return a.inode < b.inode; });
        for (auto& one : known_) {
            std::size_t begin = 0;
            for (auto end = byInode.size(); begin < end;) {
                auto const middle = begin + (end - begin) / 2;
                if (byInode[middle].inode < one.file.inode) begin = middle + 1;
                else end = middle;
            }
            for (; begin < byInode.size() && byInode[begin].inode == one.file.inode; ++begin) {
                auto const& file = files[byInode[begin].at];
                bool const same = one.file.isSame(file);
                if (same && (one.why == Why::same || (one.why == Why::taken && one.file.path == file.path))) one.why = Why::none;
            }
        }
    }

    // ---- for checkpoints --------------------------------------------------------------------------------------------

    static void requireVersion(BinaryReader& reader)
    {
        if (reader.size() != version) BinaryReader::fail(reader.begin(), "a version that this program does not know");
    }

    [[nodiscard]] SLUICE_COLD Unfinished* unfinished(Time t)
    {
        for (auto& batch : unfinished_) {
            if (batch.time == t) return &batch;
        }
        return nullptr;
    }

    /// They come in any order.
    SLUICE_COLD void sortLoaded()
    {
        for (auto& one : loaded_) known_.push_back(std::move(one));
        loaded_.clear();
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i < known_.size(); ++i) order.push_back(i);
        stableSort(order, [&](std::size_t a, std::size_t b) { return isBefore(known_[a].file.path, known_[b].file.path); });
        std::vector<Known> sorted;
        sorted.reserve(known_.size());
        for (auto const at : order) sorted.push_back(std::move(known_[at]));
        known_ = std::move(sorted);
    }

    /// A batch has its files again, whatever has come since.
    SLUICE_COLD std::vector<io::FileInfo> takeAgain(Unfinished const& batch)
    {
        for (auto const& file : batch.files) {
            Known taken;
            taken.file = file;
            taken.since = batch.time;
            taken.why = Why::taken;
            std::size_t begin = 0;
            for (auto end = known_.size(); begin < end;) {
                auto const middle = begin + (end - begin) / 2;
                if (isBefore(known_[middle].file.path, file.path)) begin = middle + 1;
                else end = middle;
            }
            if (begin == known_.size() || known_[begin].file.path != file.path) {
                loaded_.push_back(std::move(taken));
                continue;
            }
            if (known_[begin].saved != Saved::no) taken.saved = Saved::other;
            known_[begin] = std::move(taken);
        }
        sortLoaded();
        return batch.files;
    }

    /// Entries that are not known any more. `known` is what is known now, in the same order.
    SLUICE_COLD void removeSaved(std::vector<Known> const& known)
    {
        std::size_t at = 0;
        for (auto const& one : known_) {
            if (one.saved == Saved::no) continue;
            while (at < known.size() && isBefore(known[at].file.path, one.file.path)) ++at;
            if (at == known.size() || known[at].file.path != one.file.path) changes_->remove(one.file.path);
        }
    }

    SLUICE_COLD void tellChanges(Duration remembered)
    {
        auto const looked = looked_.value_or(Time{});
        auto const forgotten = looked - (remembered < rules_.window ? rules_.window : remembered);
        std::string value;
        for (auto& one : known_) {
            bool const counts = isOwner(one.why) &&
                                (isAfter(one.file.modified, looked - rules_.window) || (one.why != Why::before && one.since >= forgotten));
            if (counts ? one.saved == Saved::asIs : one.saved == Saved::no) continue;
            one.saved = counts ? Saved::asIs : Saved::no;
            if (!counts) {
                changes_->remove(one.file.path);
                continue;
            }
            value.clear();
            BinaryWriter writer{value};
            writer.size(version);
            writer.size(static_cast<std::uint64_t>(one.why));
            writer.number(one.since.microseconds());
            writeFile(writer, one.file);
            writer.finish();
            changes_->put(one.file.path, value);
        }
        value.clear();
        BinaryWriter writer{value};
        writer.size(version);
        writer.number(looked.microseconds());
        writer.number(lookedAt_);
        writer.size(baseline_ ? 1 : 0);
        if (baseline_) writer.number(baseline_->microseconds());
        writer.finish();
        changes_->put({}, value);
    }

    Rules rules_;
    std::optional<Time> looked_;    // unset: it never was
    std::int64_t lookedAt_ = 0;     // as files are stamped
    std::optional<Time> baseline_;  // set until it is known what was there
    std::vector<Known> known_;
    std::vector<std::string> missing_;
    bool isFirst_ = true;
    bool toldMany_ = false;
    Counted<KeptChanges> changes_;  // where a checkpoint keeps it
    std::optional<Time> caughtUp_;
    std::vector<Known> loaded_;  // and not yet among those that are known
    std::vector<Unfinished> unfinished_;
    bool isResumed_ = false;
    std::mutex mutex_;
    std::vector<io::FileInfo> givenBack_;
};

/// The path of a directory, or of a pattern of them, that a source was given.
SLUICE_COLD inline std::string directoryOf(Label const& label, std::string const& directory)
{
    if (directory.empty()) throw InvalidArgument{concat({where(label), ": the directory has no name"})};
    return io::localPath(label, directory);
}

}  // namespace sluice::inline SLUICE_ABI::detail
