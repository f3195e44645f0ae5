#pragma once

#include <sluice/sources/detail/held_files.hpp>
#include <sluice/sources/detail/tail_lines.hpp>

// One file although it is long: what becomes of a log, be it renamed, copied, truncated or removed, one look decides, of all that is
// there.

namespace sluice::inline SLUICE_ABI::detail {

/// Finds what is to be read: new files, files that were renamed, truncated, removed. At each look it is found out how far each
/// may be read; the newest first, so that what was written to older ones before is read before.
template <class = void>
class TailReader {
public:
    struct Rules {
        std::string pattern;
        bool fromBeginning;
        Duration rotatedFor;
        std::size_t maxLineBytes;
    };

    explicit TailReader(Rules rules) : rules_(std::move(rules)), lines_(rules_.maxLineBytes), isPattern_(io::isPattern(rules_.pattern)) {}

    /// What is there already is read from its beginning, or behind its last line.
    template <class Tell>
    SLUICE_COLD void begin(Tell const& tell)
    {
        looked_ = io::detail::realTime();
        look({}, true, tell);
    }

    /// The lines that have come, as many as may be.
    template <class Tell>
    SLUICE_COLD void read(Time t, TailBlocks& batch, TailShare share, Tell const& tell)
    {
        batch.isKept = static_cast<bool>(changes_);
        if (auto const* const has = unfinished(t)) return readAgain(*has, batch, tell);
        if (std::exchange(isRestored_, false)) reopenFiles(tell);
        if (resumed_ && *resumed_ > t) t = *resumed_;  // however fast the batches of a time without a process are run
        auto const now = io::detail::realTime();
        look(t, false, tell);
        looked_ = now;
        auto left = logs_.size();
        if (left == 0) return;
        // In their order; where not all fits another one is the first each time, so that none has to wait for ever.
        first_ = std::exchange(isCut_, false) && first_ + 1 < left ? first_ + 1 : 0;
        for (auto i = first_; left > 0; --left, i = i + 1 < logs_.size() ? i + 1 : 0) {
            auto const count = static_cast<std::int64_t>(left);
            TailShare part{share.bytes / left, share.lines / count + (share.lines % count != 0 ? 1 : 0), share.alone};
            auto const given = part;
            if (!readLog(t, *logs_[i], batch, part, tell)) isCut_ = true;
            share.bytes -= given.bytes - part.bytes;
            share.lines -= given.lines - part.lines;
            share.alone = share.alone && part.alone;
        }
        received_ += batch.text->lines;
    }

    [[nodiscard]] std::int64_t received() const { return received_; }
    SLUICE_COLD void close()
    {
        held_.clear();
        logs_.clear();
    }

    // What a checkpoint needs to know: see SourceKeeper. Entries are the forms of the logs, by their paths; and that of no path, when it
    // was looked.

    [[nodiscard]] SLUICE_COLD Counted<KeptChanges> keep(Time beforeAll)
    {
        changes_ = makeCounted<KeptChanges>();
        tellChanges();
        changes_->fixed(beforeAll, {});
        return changes_;
    }
    /// Batches before `now` are of a time in which there was no process.
    void resumeAt(Time now) { resumed_ = now; }
    SLUICE_COLD void reopen()
    {
        close();
        isRestored_ = true;
    }
    SLUICE_COLD void load(std::string_view path, std::string_view value)
    {
        if (!path.empty()) TailedLog{std::string(path)}.restore(value);  // it throws now, where it cannot be read
        change(path, value);
    }
    SLUICE_COLD void replay(Time t, std::string_view has)
    {
        BinaryReader reader{has};
        requireVersion(reader);
        for (auto ranges = reader.size(); ranges > 0; --ranges) static_cast<void>(TailRange::read(reader));
        static_cast<void>(reader.text());
        unfinished_.push_back({t, std::string(has)});
    }
    /// Batch t has been read, and what changed with it is to be kept.
    SLUICE_COLD void keepBatch(Time t, TailBlocks const& batch)
    {
        if (auto const* const again = unfinished(t)) return changes_->fixed(t, *again);
        tellChanges();
        std::string has;
        {
            BinaryWriter writer{has};
            writer.size(version);
            writer.size(batch.ranges.size());
            for (auto const& range : batch.ranges) range.write(writer);
            writer.text(changes_->current());
        }
        changes_->fixed(t, std::move(has));
    }

private:
    /// Time stamps are a tick of the kernel behind, or, in old file systems, two seconds.
    static constexpr std::int64_t tick = 20'000'000;
    static constexpr std::int64_t coarseTick = 2'000'000'000;

    template <class Tell>
    SLUICE_COLD void look(Time t, bool first, Tell const& tell)
    {
        ++look_;
        listed_.clear();
        auto const paths = io::matchPaths(rules_.pattern);
        for (auto const& log : logs_) log->isMatched = false;
        for (auto const& path : paths) {
            if (auto* const log = find(path)) log->isMatched = true;
        }
        for (auto const& log : logs_) update(t, *log, tell);
        for (auto const& path : paths) {
            if (find(path) == nullptr) add(t, path, first, tell);
        }
        forgetLeftOut(paths);
        if (isPattern_) {
            for (auto i = logs_.size(); i-- > 0;) {
                if (logs_[i]->isMatched || !logs_[i]->files.empty()) continue;
                forget(*logs_[i]);
                logs_.erase(i);
            }
        }
    }

    /// Where a path stands, or would.
    [[nodiscard]] std::size_t placeOf(std::string_view path) const
    {
        std::size_t begin = 0;
        for (auto end = logs_.size(); begin < end;) {
            auto const middle = begin + (end - begin) / 2;
            if (std::string_view{logs_[middle]->path} < path) begin = middle + 1;
            else end = middle;
        }
        return begin;
    }
    [[nodiscard]] TailedLog* find(std::string_view path) const
    {
        auto const at = placeOf(path);
        return at < logs_.size() && std::string_view{logs_[at]->path} == path ? logs_[at].get() : nullptr;
    }
    SLUICE_COLD void enter(Counted<TailedLog> const& log)
    {
        auto const at = placeOf(log->path);
        logs_.push_back(log);
        for (auto i = logs_.size() - 1; i > at; --i) logs_[i] = logs_[i - 1];
        logs_[at] = log;
    }
    [[nodiscard]] FollowedFile* findHeld(io::FileInfo const& info) const { return held_.find(info); }
    [[nodiscard]] static FollowedFile* findHeld(TailedLog const& log, io::FileInfo const& info)
    {
        for (auto const& file : log.files) {
            if (isSame(file->info, info)) return file.get();
        }
        return nullptr;
    }
    [[nodiscard]] static bool isSame(io::FileInfo const& a, io::FileInfo const& b) { return HeldFiles::isSame(a, b); }

    /// Opens what was looked at; null, and errno says why, where it cannot be; 0: it is another file by now.
    [[nodiscard]] SLUICE_COLD static Counted<FollowedFile> open(Time t, io::FileInfo const& info)
    {
        auto followed = makeCounted<FollowedFile>();
        followed->file = io::openToRead(info.path);
        if (!followed->file) return {};
        followed->info = io::lookAt(followed->file);
        followed->info.path = info.path;
        followed->changed = t;
        if (isSame(followed->info, info)) {
            if (followed->readUpTo(followed->info.size)) return followed;
        }
        errno = 0;
        return {};
    }

    /// A path that is new.
    template <class Tell>
    SLUICE_COLD void add(Time t, std::string const& path, bool first, Tell const& tell)
    {
        auto info = io::lookAt(path);
        if (isPattern_) {
            if (info.kind == io::FileKind::unknown && info.error == ENOENT) return;
            if (info.kind != io::FileKind::file && info.kind != io::FileKind::unknown) {
                return leaveOut(path, "it is no regular file", tell);
            }
            if (compressionOf(path) != nullptr) return leaveOut(path, "its name says that it is compressed", tell);
            if (auto* const held = findHeld(info)) {
                held->matched = look_;
                return adopt(*held, path);
            }
            if (!first && isCopy(info)) return;
        }
        auto log = makeCounted<TailedLog>(path);
        log->isMatched = true;
        if (first && info.kind == io::FileKind::file) log->startAt = rules_.fromBeginning ? 0 : info.size, log->started = info;
        if (first) log->copies = rotatedOf(path, listedOnce(directoryOfPath(path)).names);
        enter(log);
        update(t, *log, tell);
    }

    /// A followed file has another name that the pattern matches, and none came in its place: the log goes by that name.
    SLUICE_COLD void adopt(FollowedFile const& held, std::string const& path)
    {
        for (std::size_t i = 0; i < logs_.size(); ++i) {
            auto const log = logs_[i];
            if (log->isMatched || log->files.empty() || log->files.back().get() != &held) continue;
            logs_.erase(i);
            forget(*log);
            log->path = path;
            log->isMatched = log->isLive = true;
            return enter(log);
        }
    }

    /// Whether a file that a pattern matches is what a rotation by copying makes of one that is followed.
    [[nodiscard]] SLUICE_COLD bool isCopy(io::FileInfo const& info) const
    {
        std::string_view const path = info.path;
        auto const directory = path.rfind('/') + 1;
        auto const dot = path.rfind('.');
        for (auto end = path.size() - 1; end > directory; --end) {  // a.log.1 of a.log, a-2.log of a.log
            if (isCopyOfLog(info, path.substr(0, end))) return true;
            if (dot != std::string_view::npos && end < dot && isCopyOfLog(info, concat({path.substr(0, end), path.substr(dot)})))
                return true;
        }
        return false;
    }
    [[nodiscard]] SLUICE_COLD bool isCopyOfLog(io::FileInfo const& info, std::string_view live) const
    {
        auto const* const log = find(live);
        auto const nameAt = live.rfind('/') + 1;
        if (log == nullptr || log->files.empty() || !RotatedName{std::string_view{info.path}.substr(nameAt), live.substr(nameAt)})
            return false;
        auto const file = io::openToRead(info.path);
        if (!file) return false;
        char here[4096];
        char there[4096];
        auto const size = readAt(file, 0, here, sizeof here);
        return readAt(log->files.back()->file, 0, there, size) == size && std::memcmp(here, there, size) == 0;
    }

    template <class Tell>
    SLUICE_COLD void leaveOut(std::string const& path, std::string_view why, Tell const& tell)
    {
        auto const at = placeIn(leftOut_, path);
        if (isAt(leftOut_, at, path) || leftOut_.size() >= 1000) return;
        leftOut_.insert(leftOut_.begin() + static_cast<std::ptrdiff_t>(at), path);
        tell(LogLevel::info, concat({path, " is left out: ", why}));
    }
    SLUICE_COLD void forgetLeftOut(std::vector<std::string> const& paths)
    {
        std::erase_if(leftOut_, [&](std::string const& one) { return !isAt(paths, placeIn(paths, one), one); });
    }
    /// Where a path stands, or would, among others that are in their order.
    [[nodiscard]] SLUICE_COLD static std::size_t placeIn(std::vector<std::string> const& paths, std::string_view path)
    {
        std::size_t begin = 0;
        for (auto end = paths.size(); begin < end;) {
            auto const middle = begin + (end - begin) / 2;
            if (std::string_view{paths[middle]} < path) begin = middle + 1;
            else end = middle;
        }
        return begin;
    }
    [[nodiscard]] static bool isAt(std::vector<std::string> const& paths, std::size_t at, std::string_view path)
    {
        return at < paths.size() && std::string_view{paths[at]} == path;
    }

    /// Once for each reason, until it is another one.
    template <class Tell>
    SLUICE_COLD static void tellOnce(TailedLog& log, int error, LogLevel level, std::string_view why, Tell const& tell)
    {
        if (std::exchange(log.told, error) != error) tell(level, concat({log.path, why}));
    }

    template <class Tell>
    SLUICE_COLD void update(Time t, TailedLog& log, Tell const& tell)
    {
        auto info = io::lookAt(log.path);
        log.isLive = info.kind == io::FileKind::file;
        if (!log.isLive) {
            if (info.kind != io::FileKind::unknown) tellOnce(log, EISDIR, LogLevel::warning, " is no regular file", tell);
            else if (info.error != ENOENT)
                tellOnce(log, info.error, LogLevel::warning, concat({" cannot be read: ", std::strerror(info.error)}), tell);
            else if (log.files.empty()) tellOnce(log, ENOENT, LogLevel::warning, " is not there: it is read when it comes", tell);
            else tellOnce(log, ENOENT, LogLevel::info, " is not there any more: it is read on, as long as something is added", tell);
        }
        if (log.isLive && !log.files.empty() && isSame(info, log.files.back()->info)) return grown(t, log, info, tell);
        if (log.isLive && findHeld(log, info) != nullptr) return moveBack(log, info);
        if (log.files.empty() && log.started.kind == io::FileKind::file && log.isLive && log.started.isSame(info)) {
            static_cast<void>(follow(t, log, info, tell));
            return;
        }
        auto const live = log.isLive ? open(t, info) : Counted<FollowedFile>{};  // before what stands beside it, as where it was truncated
        std::vector<io::FileInfo> siblings;
        if (!see(log, info, siblings) || (live && !(isSame(live->info, info) && live->isAsSeen())) ||
            !truncatedBefore(t, log, siblings, tell)) {
            log.isLive = false;  // it is being rotated: the next look sees what has become of it
            return;
        }
        log.isLive = info.kind == io::FileKind::file;
        if (log.isLive && findHeld(log, info) != nullptr) return;
        // Not behind those that are added here: a copy is younger than the file that it was made of, which may have been renamed since.
        auto const last = log.files.empty() ? Counted<FollowedFile>{} : log.files.back();
        for (auto const& one : siblings) {
            if (findHeld(one) != nullptr || isKnown(log, one) || (log.isLive && isSame(one, info)) || !cameSince(last, one, siblings))
                continue;
            if (!follow(t, log, one, tell)) return;
        }
        if (live) append(log, live);
        else if (log.isLive) static_cast<void>(follow(t, log, info, tell));
        remember(log, std::move(siblings));
    }

    /// What is there, and beside it, at one moment, the oldest first: looked at twice, where names move while they are looked at.
    [[nodiscard]] SLUICE_COLD bool see(TailedLog const& log, io::FileInfo& info, std::vector<io::FileInfo>& siblings)
    {
        auto& listed = listedOnce(directoryOfPath(log.path));
        for (int tries = 0; tries < 10; ++tries) {
            siblings = rotatedOf(log.path, listed.names);
            info = io::lookAt(log.path);
            if (isAtRest(listed)) return true;
            list(listed);
            auto const again = rotatedOf(log.path, listed.names);
            bool same = again.size() == siblings.size();
            for (std::size_t i = 0; same && i < again.size(); ++i) same = again[i].isSame(siblings[i]);  // names may move, in their order
            if (same) return true;
        }
        return false;
    }

    /// Another file of the log, to be read behind those that are there. False: it is not there any more, and may be found by
    /// the next look.
    template <class Tell>
    SLUICE_COLD bool follow(Time t, TailedLog& log, io::FileInfo const& info, Tell const& tell)
    {
        auto file = open(t, info);
        if (!file) {
            int const error = errno;
            log.isLive = false;
            if (error != 0 && error != ENOENT)
                tellOnce(log, error, LogLevel::warning, concat({" cannot be read: ", std::strerror(error)}), tell);
            return info.path != log.path && error != 0 && error != ENOENT;
        }
        append(log, std::move(file));
        return true;
    }
    SLUICE_COLD void append(TailedLog& log, Counted<FollowedFile> file)
    {
        log.told = 0;
        if (log.startAt > 0 && log.started.isSame(file->info) && log.startAt <= file->info.size) file->startBehindLastLine(log.startAt);
        log.startAt = 0;
        log.started = {};
        hold(log, std::move(file));
    }
    void hold(TailedLog& log, Counted<FollowedFile> file)
    {
        held_.add(*file);
        log.files.push_back(std::move(file));
    }

    /// A file that had been rotated away has its name again.
    SLUICE_COLD static void moveBack(TailedLog& log, io::FileInfo const& info)
    {
        for (std::size_t i = 0; i < log.files.size(); ++i) {
            if (!isSame(log.files[i]->info, info)) continue;
            auto file = log.files[i];
            log.files.erase(i);
            file->readToEnd(info.size);
            log.files.push_back(std::move(file));
            return;
        }
    }

    /// Whether a file that bears a rotated name was the log after the last one that was known; null: none was.
    [[nodiscard]] SLUICE_COLD bool cameSince(Counted<FollowedFile> const& known, io::FileInfo const& one,
                                             std::vector<io::FileInfo> const& siblings) const
    {
        if (!known) return one.born > looked_ - tick;
        auto const& last = known->info;
        auto const stampOfOne = one.born != 0 ? one.born : one.modified;
        auto const stampOfLast = one.born != 0 ? last.born : io::lookAt(known->file).modified;
        if (stampOfOne != stampOfLast) return stampOfOne > stampOfLast;
        for (auto const& other : siblings) {  // they stand in their order
            if (isSame(other, one)) return false;
            if (isSame(other, last)) return true;
        }
        return true;
    }

    /// The file that is there is the one that was: it has grown, or was truncated. What it held before stands in a copy, perhaps.
    template <class Tell>
    SLUICE_COLD void grown(Time t, TailedLog& log, io::FileInfo const& info, Tell const& tell)
    {
        log.told = 0;
        auto const last = log.files.back();
        bool const changed = !info.isUnchanged(last->info);
        if (changed) last->changed = t;
        last->info = info;
        try {
            if (!last->readUpTo(info.size)) return;
            if (info.size >= last->searched && (!changed || last->isIntact()) && !(last->isFresh && hasNewCopy(t, log, changed))) return;
            last->readToEnd(last->offset);  // nothing, until it is known what
            last->info.modified = 0;        // where it comes to nothing, the next look tries again
            for (int tries = 0; tries < 20 && !truncated(t, log, tell); ++tries) {}
        } catch (StreamError const& error) {
            tell(LogLevel::warning, concat({log.path, " cannot be read: ", error.what()}));
        }
    }

    /// False: it is being rotated just now.
    template <class Tell>
    SLUICE_COLD bool truncated(Time t, TailedLog& log, Tell const& tell)
    {
        auto const last = log.files.back();
        // Before the copies are looked for: those that were made of what it held before are there, and whole.
        auto const live = open(t, io::lookAt(log.path));
        if (!live || !isSame(live->info, last->info)) return false;
        io::FileInfo info;
        std::vector<io::FileInfo> siblings;
        if (!see(log, info, siblings) || !isSame(info, live->info)) return false;
        Copies copies;
        copies.found = last->isFresh;
        if (!findCopies(t, log, *last, live->file, siblings, copies)) return false;
        if (!live->isAsSeen()) return false;  // truncated once more
        remember(log, std::move(copies.known));
        bool const any = !copies.files.empty();
        if (last->isFresh && !any && last->searched <= live->info.size && last->isIntact()) {  // it was not
            last->info = live->info;
            last->end = live->end;
            last->peek = live->peek;
            return true;
        }
        held_.remove(*last);
        log.files.pop_back();
        for (auto& copy : copies.files) hold(log, std::move(copy));
        hold(log, live);
        tellTruncated(log, copies, tell);
        return true;
    }

    struct Copies {
        List<Counted<FollowedFile>> files;  // the oldest first
        std::vector<io::FileInfo> known;    // all that were looked at
        bool found = false;                 // the first one has what was not read yet
    };

    /// What a file held before it was truncated, and since, stands in copies beside it, perhaps. False: names are moving just now.
    [[nodiscard]] SLUICE_COLD bool findCopies(Time t, TailedLog const& log, FollowedFile const& last, io::FileDescriptor const& now,
                                              std::vector<io::FileInfo>& siblings, Copies& to)
    {
        for (auto& one : siblings) {
            if (isSame(one, last.info)) break;  // it was renamed since: those behind it are newer
            if (findHeld(one) == nullptr && !isKnown(log, one)) {
                auto copy = open(t, one);
                if (!copy && (errno == 0 || errno == ENOENT)) return false;         // it has another name by now
                if (!copy || isCopyOf(copy->file, copy->info.size, now)) continue;  // it is being made of what is there now
                if (!last.isFresh && copy->info.size >= last.offset && FollowedFile::beginsLike(copy->file, last)) {
                    to.files.clear();  // the others are older
                    to.found = true;
                    copy->offset = copy->searched = last.offset;
                    copy->head = last.head;
                    copy->tail = last.tail;
                    copy->isFresh = false;
                    copy->isSkipping = last.isSkipping;
                }
                to.files.push_back(std::move(copy));
            }
            to.known.push_back(one);
        }
        return true;
    }

    template <class Tell>
    SLUICE_COLD static void tellTruncated(TailedLog const& log, Copies const& copies, Tell const& tell)
    {
        tell(
            copies.found ? LogLevel::info : LogLevel::warning,
            concat({log.path,
                    !copies.found
                        ? " was truncated: it is read from its beginning; what was written before, and after it was last looked at, is lost"
                    : !copies.files.empty() ? " was truncated: a copy has what was written to it before"
                                            : " was truncated"}));
    }

    /// The last file that is known is not there any more, under its name: was it truncated before? Then it begins anew. False: names are
    /// moving just now.
    template <class Tell>
    [[nodiscard]] SLUICE_COLD bool truncatedBefore(Time t, TailedLog& log, std::vector<io::FileInfo>& siblings, Tell const& tell)
    {
        if (log.files.empty() || log.files.back()->isRotated) return true;
        auto const last = log.files.back();
        if (io::lookAt(last->file).size >= last->offset && last->isIntact()) return true;
        Copies copies;
        copies.found = last->isFresh;
        if (!findCopies(t, log, *last, last->file, siblings, copies)) return false;
        for (auto& one : copies.known) log.copies.push_back(std::move(one));
        log.files.pop_back();
        for (auto& copy : copies.files) hold(log, std::move(copy));
        log.files.push_back(last);
        last->beginAnew();
        tellTruncated(log, copies, tell);
        return true;
    }

    /// These are no copies that are still to be read.
    SLUICE_COLD static void remember(TailedLog& log, std::vector<io::FileInfo> known)
    {
        for (auto& one : log.copies) {  // names move while they are looked at: one that is not there may be there again
            bool there = ++one.error > 5;
            for (std::size_t i = 0; i < known.size() && !there; ++i) there = known[i].isSame(one);
            if (!there) known.push_back(std::move(one));
        }
        log.copies = std::move(known);
    }
    [[nodiscard]] static bool isKnown(TailedLog const& log, io::FileInfo const& copy)
    {
        for (auto const& one : log.copies) {
            if (one.isSame(copy)) return true;
        }
        return false;
    }

    /// Whether a copy was made since, perhaps, of a file of which nothing has been given, and which holds something else now. Where
    /// names move while they are listed one may be missed: then it may be so, too.
    [[nodiscard]] SLUICE_COLD bool hasNewCopy(Time t, TailedLog const& log, bool changed)
    {
        if (!changed && log.files.back()->info.modified < looked_ - coarseTick) return false;
        auto const& listed = listedOnce(directoryOfPath(log.path));
        for (auto const& one : rotatedOf(log.path, listed.names)) {
            if (findHeld(one) != nullptr || isKnown(log, one)) continue;
            auto const copy = open(t, one);  // null: it has another name by now
            if (!copy || !isCopyOf(copy->file, copy->info.size, log.files.back()->file)) return true;
        }
        return !isAtRest(listed);
    }

    /// Whether a file holds what the live one does, as far as it goes: so a copy does until that is truncated.
    [[nodiscard]] SLUICE_COLD static bool isCopyOf(io::FileDescriptor const& copy, std::uint64_t size, io::FileDescriptor const& live)
    {
        char here[4096];
        char there[4096];
        bool differs = false;
        std::uint64_t compared = 0;
        for (std::uint64_t at = 0; at < size && compared < 16 * sizeof here; at += sizeof here) {
            if (auto const data = ::lseek(copy.get(), static_cast<off_t>(at), SEEK_DATA); data > static_cast<off_t>(at))
                at = static_cast<std::uint64_t>(data);
            auto const n = readAt(copy, at, here, sizeof here);
            if (n == 0) break;
            differs = readAt(live, at, there, n) != n || std::memcmp(here, there, n) != 0;
            if (differs) return false;
            for (std::size_t i = 0; compared == 0 && i < n; ++i) compared += here[i] != '\0' ? 1 : 0;
            if (compared > 0) compared += n;
        }
        return true;
    }

    /// The files beside a log that bear its name with a number or a time, the oldest first; without those that are compressed.
    [[nodiscard]] SLUICE_COLD static std::vector<io::FileInfo> rotatedOf(std::string const& path, std::vector<std::string> const& names)
    {
        std::vector<io::FileInfo> rotated;
        std::vector<unsigned> numbers;
        auto const nameAt = path.rfind('/') + 1;
        std::string_view const live = std::string_view{path}.substr(nameAt);
        auto const stem = live.substr(0, live.rfind('.') == 0 ? live.size() : live.rfind('.'));
        std::size_t begin = 0;
        for (auto end = names.size(); begin < end;) {
            auto const middle = begin + (end - begin) / 2;
            if (std::string_view{names[middle]} < stem) begin = middle + 1;
            else end = middle;
        }
        for (; begin < names.size() && names[begin].starts_with(stem); ++begin) {
            RotatedName const name{names[begin], live};
            if (!name || compressionOf(names[begin]) != nullptr) continue;
            auto info = io::lookAt(concat({std::string_view{path}.substr(0, nameAt), names[begin]}));
            if (info.kind != io::FileKind::file) continue;
            auto at = rotated.size();
            while (at > 0 && isOlder(info, name.number(), rotated[at - 1], numbers[at - 1])) --at;
            rotated.insert(rotated.begin() + static_cast<std::ptrdiff_t>(at), std::move(info));
            numbers.insert(numbers.begin() + static_cast<std::ptrdiff_t>(at), name.number());
        }
        return rotated;
    }
    [[nodiscard]] static bool isOlder(io::FileInfo const& a, unsigned numberOfA, io::FileInfo const& b, unsigned numberOfB)
    {
        if (numberOfA != 0 && numberOfB != 0) return numberOfA > numberOfB;
        if (a.born != b.born) return a.born < b.born;
        return a.modified != b.modified ? a.modified < b.modified : a.path < b.path;
    }

    struct Listed : RefCounted {
        io::FileInfo directory;  // before its names were read
        std::int64_t at = 0;     // when that was
        std::vector<std::string> names;
    };

    [[nodiscard]] SLUICE_COLD static std::string directoryOfPath(std::string const& path)
    {
        auto const slash = path.rfind('/');
        return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
    }
    /// Each directory is listed once in a look, and once more where it changes meanwhile.
    [[nodiscard]] SLUICE_COLD Listed& listedOnce(std::string const& directory)
    {
        for (auto const& one : listed_) {
            if (one->directory.path == directory) return *one;
        }
        auto listed = makeCounted<Listed>();
        listed->directory.path = directory;
        list(*listed);
        listed_.push_back(std::move(listed));
        return *listed_.back();
    }
    SLUICE_COLD static void list(Listed& listed)
    {
        listed.at = io::detail::realTime();
        listed.directory = io::lookAt(std::move(listed.directory.path));
        listed.names.clear();
        try {
            listed.names = io::listNames(listed.directory.path);
        } catch (StreamError const&) {  // it can be entered all the same
        }
    }
    /// Whether no name in it has moved since it was listed, as far as its time stamp is fine enough to tell.
    [[nodiscard]] SLUICE_COLD static bool isAtRest(Listed const& listed)
    {
        auto const modified = listed.directory.modified;
        return modified < listed.at - (modified % 1'000'000'000 == 0 ? coarseTick : tick) &&
               io::lookAt(listed.directory.path).isUnchanged(listed.directory);
    }

    /// Whether all was read that could be.
    template <class Tell>
    SLUICE_COLD bool readLog(Time t, TailedLog& log, TailBlocks& batch, TailShare& share, Tell const& tell)
    {
        auto const& files = log.files;
        for (std::size_t i = 0; i < files.size(); ++i) {
            auto& file = *files[i];
            bool const rotated = i + 1 < files.size() || !log.isLive;
            if (rotated && !file.isRotated) file.changed = t;
            file.isRotated = rotated;
            if (rotated) {  // all that was written before the next one was found
                auto const now = io::lookAt(file.file);
                if (!now.isUnchanged(file.info)) file.changed = t;
                file.info.size = now.size;
                file.readToEnd(now.size);
                file.info.modified = now.modified;
            }
            bool const followed = i + 1 < files.size() && files[i + 1]->end > 0;
            bool const over = rotated && t - file.changed >= rules_.rotatedFor && file.matched != look_;
            bool const endsHere = followed || over;
            auto const ranges = batch.ranges.size();
            lines_.read(file, endsHere, batch, share, tell);
            if (batch.ranges.size() > ranges) batch.ranges.back().log = log.path;
            if (!file.isDone(endsHere) && !(over && file.hasFailed)) return false;  // the next one comes behind it
            if (over) file.matched = gone;
        }
        for (auto i = files.size(); i-- > 0;) {
            if (files[i]->matched != gone) continue;
            held_.remove(*files[i]);
            log.files.erase(i);
        }
        return true;
    }

    // ---- for checkpoints --------------------------------------------------------------------------------------------

    static void requireVersion(BinaryReader& reader)
    {
        if (reader.size() != version) BinaryReader::fail(reader.begin(), "a version that this program does not know");
    }

    [[nodiscard]] SLUICE_COLD std::string const* unfinished(Time t) const
    {
        for (auto const& batch : unfinished_) {
            if (batch.time == t) return &batch.has;
        }
        return nullptr;
    }

    /// A log that is none any more, or has another path from now on.
    SLUICE_COLD void forget(TailedLog& log)
    {
        if (!log.kept.empty()) removed_.push_back(log.path);
        log.kept.clear();
    }

    SLUICE_COLD void tellChanges()
    {
        for (auto const& path : removed_) changes_->remove(path);
        removed_.clear();
        for (auto const& log : logs_) {
            auto form = log->form();
            if (form == log->kept) continue;
            changes_->put(log->path, form);
            log->kept = std::move(form);
        }
        std::string value;
        BinaryWriter writer{value};
        writer.size(version);
        writer.number(looked_);
        writer.finish();
        changes_->put({}, value);
    }

    /// What the entry of a log is, before its files are opened again.
    SLUICE_COLD void change(std::string_view path, std::optional<std::string_view> form)
    {
        if (path.empty()) {
            BinaryReader reader{*form};
            requireVersion(reader);
            looked_ = reader.number<std::int64_t>();
            return;
        }
        auto* log = find(path);
        if (!form) {
            if (log != nullptr) logs_.erase(placeOf(path));
            return;
        }
        if (log == nullptr) {
            auto added = makeCounted<TailedLog>(std::string(path));
            log = added.get();
            enter(added);
        }
        log->kept = *form;
    }

    /// The files of all logs are followed on from where they were, whatever their names are by now.
    template <class Tell>
    SLUICE_COLD void reopenFiles(Tell const& tell)
    {
        listed_.clear();
        auto const others = matched();
        for (auto const& log : logs_) {
            log->restore(log->kept);
            for (auto const& file : log->files) {
                if (reopenFile(log->path, *file, others, By::identity)) held_.add(*file);
            }
        }
        for (auto const& log : logs_) {
            for (std::size_t i = 0; i < log->files.size();) {
                auto const file = log->files[i];
                if (!file->file && reopenFile(log->path, *file, others, By::content)) held_.add(*file);
                if (file->file) {
                    ++i;
                    continue;
                }
                log->files.erase(i);
                bool const wasRead = file->isRefused || (file->isRotated && file->offset >= file->info.size);
                Digits const at{static_cast<std::int64_t>(file->offset)};
                tell(wasRead ? LogLevel::info : LogLevel::warning,
                     concat({file->info.path,
                             ", which was followed before the restart, is not there any more: what was written to it behind "
                             "byte ",
                             at.text(), " is lost"}));
            }
        }
    }

    /// What a pattern matches: a file may be there now, under another name.
    [[nodiscard]] SLUICE_COLD std::vector<io::FileInfo> matched() const
    {
        std::vector<io::FileInfo> files;
        if (!isPattern_) return files;
        for (auto const& path : io::matchPaths(rules_.pattern)) files.push_back(io::lookAt(path));
        return files;
    }

    enum class By { identity, content, both };

    /// Opens a file of a log, which is known by what it is, or by what has been given of it: then it may be a copy.
    [[nodiscard]] SLUICE_COLD bool reopenFile(std::string const& log, FollowedFile& file, std::vector<io::FileInfo> const& others, By by)
    {
        if (by == By::content && (file.isFresh || file.tail.empty())) return false;
        auto const is = [&](io::FileInfo const& one) {
            auto const& was = file.info;
            if (one.kind != io::FileKind::file || findHeld(one) != nullptr) return false;
            bool const same = one.inode == was.inode && one.handle == was.handle && one.born == was.born;
            if (by == By::content ? one.size < file.offset : !same) return false;
            auto opened = io::openToRead(one.path);
            if (!opened || !isSame(io::lookAt(opened), one)) return false;
            if (by != By::identity && !FollowedFile::beginsLike(opened, file)) return false;
            file.file = std::move(opened);
            auto const size = was.size;
            auto const modified = was.modified;
            file.info = one;
            file.info.size = size;  // as it was looked at: so it is seen what has changed since
            file.info.modified = modified;
            return true;
        };
        if (is(io::lookAt(log)) || is(io::lookAt(file.info.path))) return true;
        for (auto const& one : rotatedOf(log, listedOnce(directoryOfPath(log)).names)) {
            if (is(one)) return true;
        }
        for (auto const& one : others) {
            if (is(one)) return true;
        }
        return false;
    }

    /// A batch has its lines again, whatever has come since.
    template <class Tell>
    SLUICE_COLD void readAgain(std::string const& has, TailBlocks& batch, Tell const& tell)
    {
        listed_.clear();
        auto const others = matched();
        BinaryReader reader{has};
        requireVersion(reader);
        for (auto ranges = reader.size(); ranges > 0; --ranges) {
            auto const range = TailRange::read(reader);
            FollowedFile file;
            file.info = range.file;
            file.offset = range.end;
            file.tail = range.tail;
            file.isFresh = false;
            if (reopenFile(range.log, file, others, By::both) || reopenFile(range.log, file, others, By::content)) {
                file.offset = file.searched = range.begin;
                file.end = range.end;
                file.peek = std::exchange(file.tail, {});
                file.isFresh = range.isFresh;
                file.isSkipping = range.isSkipping;
                TailShare all{~std::size_t{0}, INT64_MAX, true};
                lines_.read(file, !range.skipsOn, batch, all, tell);
            } else {
                file.offset = range.begin;
            }
            if (file.offset == range.end) continue;
            Digits const begin{static_cast<std::int64_t>(file.offset)};
            Digits const end{static_cast<std::int64_t>(range.end)};
            tell(LogLevel::warning, concat({range.file.path, ": bytes ", begin.text(), " to ", end.text(),
                                            ", which this batch had before the restart, are not there any more, under no name"}));
        }
        auto const changes = reader.text();
        KeptChanges::each(changes, [this](std::string_view path, std::optional<std::string_view> form) { change(path, form); });
        changes_->repeat(changes);
        received_ += batch.text->lines;
    }

    struct Unfinished {
        Time time;
        std::string has;
    };

    static constexpr std::uint64_t version = 1;
    static constexpr std::uint64_t gone = ~std::uint64_t{0};

    Rules rules_;
    TailLines<> lines_;
    bool isPattern_;
    List<Counted<TailedLog>> logs_;  // in the order of their paths
    HeldFiles held_;                 // of all of them
    std::vector<std::string> leftOut_;
    List<Counted<Listed>> listed_;
    std::uint64_t look_ = 0;
    std::int64_t looked_ = 0;
    std::size_t first_ = 0;
    bool isCut_ = false;
    std::int64_t received_ = 0;
    Counted<KeptChanges> changes_;  // where a checkpoint keeps it
    std::vector<std::string> removed_;
    std::vector<Unfinished> unfinished_;
    bool isRestored_ = false;  // of the logs no file is open
    std::optional<Time> resumed_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
