#pragma once

#include <sluice/checkpoint.hpp>
#include <sluice/sluice.hpp>

#include "recording.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <dlfcn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// For programs that are killed at each of their writes, syncs, renames, and so on, and go on from what they have left. A program of one file
// includes it once: it stands in for the system's functions that change files, so that a process dies at one of them, and a test learns what
// was synced. What a life is, and what must hold behind it, is the program's own: it runs both by killEverywhere().

// ---- dying --------------------------------------------------------------------------------------------------------------

inline std::atomic<long> left = 0;         // operations until it dies, or is refused one; 0: none is; -1: all others are
inline std::string* operations = nullptr;  // where it is noted what was synced and renamed; of one thread

/// What ends a life: it is killed, or its disk is full, for one operation, from that on, or in the middle of a write and from there on.
enum class Ending { death, fullOnce, full, fullWithin };
inline Ending ending = Ending::death;

inline bool isWithin = false;  // that was
inline bool isFilled = false;  // this life's disk is full, or was that of a life before

enum class Fate { none, dies, isRefused };
inline Fate fate()
{
    auto const now = left.load(std::memory_order_relaxed);
    if (now < 0) return Fate::isRefused;
    if (now == 0 || --left != 0) return Fate::none;
    if (ending == Ending::death) return Fate::dies;
    if (ending != Ending::fullOnce) left = -1;
    return Fate::isRefused;
}
inline constexpr int killed = 9;
inline constexpr int endedByError = 10;  // it has ended by an error

/// Whether the machine dies with it, and what becomes of bytes that were appended to files and not synced: they are gone, or zeros, but for
/// the first ones.
enum class PowerCut { none, cuts, clears };
inline PowerCut powerCut = PowerCut::none;
struct Unsynced {
    dev_t device;
    ino_t inode;
    int fd;      // one of its own
    off_t size;  // as synced
};
inline std::vector<Unsynced> unsynced;
inline std::mutex unsyncedLock;

[[noreturn]] inline void die()
{
    unsyncedLock.lock();  // for ever: no other thread writes any more
    for (auto const& file : unsynced) {
        constexpr off_t first = 20;
        struct stat is;
        bool const clears = powerCut == PowerCut::clears && ::fstat(file.fd, &is) == 0 && is.st_size > file.size + first;
        static_cast<void>(::ftruncate(file.fd, file.size + (clears ? first : 0)));
        if (clears) static_cast<void>(::ftruncate(file.fd, is.st_size));
    }
    ::_exit(killed);
}
/// Before it is written to.
inline void remember(int fd)
{
    struct stat is;
    if (powerCut == PowerCut::none || left.load(std::memory_order_relaxed) <= 0 || ::fstat(fd, &is) != 0 || !S_ISREG(is.st_mode)) return;
    for (auto const& file : unsynced) {
        if (file.inode == is.st_ino && file.device == is.st_dev) return;
    }
    unsynced.push_back({is.st_dev, is.st_ino, ::dup(fd), is.st_size});
}
inline void forget(int fd)
{
    struct stat is;
    if (unsynced.empty() || ::fstat(fd, &is) != 0) return;
    std::erase_if(unsynced, [&](Unsynced const& file) {
        if (file.inode != is.st_ino || file.device != is.st_dev) return false;
        ::close(file.fd);
        return true;
    });
}

inline void note(char const* what, int fd)
{
    if (operations == nullptr) return;
    char path[1000];
    auto const size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path);
    *operations += std::string{what} + ' ' + std::string{path, size > 0 ? static_cast<std::size_t>(size) : 0} + '\n';
}
inline void note(char const* what, char const* path)
{
    if (operations != nullptr) *operations += std::string{what} + ' ' + path + '\n';
}

template <class F>
F* behind(F* sanitizers, char const* name)
{
    return sanitizers != nullptr ? sanitizers : reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

/// Whether an operation is refused; where it is the last one, this does not return.
inline bool isRefused()
{
    auto const its = fate();
    if (its == Fate::dies) die();
    if (its == Fate::isRefused) errno = ENOSPC;
    return its == Fate::isRefused;
}

/// Where it is worked out what a sync keeps, none is needed.
inline bool syncsNothing = false;

// fsync and fdatasync.
#define DIE_AT_SYNC(name)                                                         \
    extern "C" int __interceptor_##name(int fd) __attribute__((weak));            \
    extern "C" int name(int fd)                                                   \
    {                                                                             \
        static auto* const real = behind<int(int)>(&__interceptor_##name, #name); \
        if (isRefused()) return -1;                                               \
        note(#name, fd);                                                          \
        Recording::Call const recording;                                          \
        if (recording) recording->synced(fd);                                     \
        if (syncsNothing) return 0;                                               \
        std::lock_guard const lock{unsyncedLock};                                 \
        auto const result = real(fd);                                             \
        if (result == 0) forget(fd);                                              \
        return result;                                                            \
    }
DIE_AT_SYNC(fsync)
DIE_AT_SYNC(fdatasync)
#define DIE_AT(name, parameters, arguments, on, recorded)                               \
    extern "C" int __interceptor_##name parameters __attribute__((weak));               \
    extern "C" int name parameters                                                      \
    {                                                                                   \
        static auto* const real = behind<int parameters>(&__interceptor_##name, #name); \
        if (isRefused()) return -1;                                                     \
        note(#name, on);                                                                \
        Recording::Call const recording;                                                \
        auto const result = real arguments;                                             \
        if (result == 0 && recording) recording->recorded;                              \
        return result;                                                                  \
    }
DIE_AT(rename, (char const* from, char const* to) noexcept, (from, to), to, renamed(from, to))
DIE_AT(renameat2, (int fromAt, char const* from, int toAt, char const* to, unsigned how) noexcept, (fromAt, from, toAt, to, how), to,
       renamed(from, to, how == RENAME_EXCHANGE))
DIE_AT(unlink, (char const* path) noexcept, (path), path, removed(path))
DIE_AT(remove, (char const* path) noexcept, (path), path, removed(path))
DIE_AT(mkdir, (char const* path, mode_t mode) noexcept, (path, mode), path, made(path, true))
DIE_AT(ftruncate, (int fd, off_t size) noexcept, (fd, size), fd, truncated(fd, size))

// It counts where it makes a file.
extern "C" int __interceptor_open(char const* path, int flags, ...) __attribute__((weak));
extern "C" int open(char const* path, int flags, ...)
{
    static auto* const real = behind<int(char const*, int, ...)>(&__interceptor_open, "open");
    mode_t mode = 0;
    if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {
        va_list more;
        va_start(more, flags);
        mode = va_arg(more, mode_t);
        va_end(more);
    }
    struct stat before;
    bool const makes = (flags & O_CREAT) != 0 && ::lstat(path, &before) != 0;
    if (makes && isRefused()) return -1;
    Recording::Call const recording;
    int const fd = real(path, flags, mode);
    if (makes && recording && fd >= 0) recording->made(path, false);
    return fd;
}

extern "C" ssize_t __interceptor_write(int fd, void const* at, std::size_t size) __attribute__((weak));
extern "C" ssize_t write(int fd, void const* at, std::size_t size)
{
    static auto* const real = behind<ssize_t(int, void const*, std::size_t)>(&__interceptor_write, "write");
    struct stat is;
    bool const counts = fd > 2 && (ending == Ending::death || (::fstat(fd, &is) == 0 && S_ISREG(is.st_mode)));
    auto const its = counts ? fate() : Fate::none;
    if (its == Fate::isRefused && (ending != Ending::fullWithin || size < 2 || std::exchange(isWithin, true))) {
        errno = ENOSPC;
        return -1;
    }
    bool const isLast = its == Fate::dies;
    if (!isLast) note("write", fd);
    ssize_t written = 0;
    {
        Recording::Call const recording;
        std::lock_guard const lock{unsyncedLock};
        remember(fd);
        auto const place = recording ? ::lseek(fd, 0, SEEK_CUR) : 0;
        written = real(fd, at, its != Fate::none ? size / 2 : size);
        if (recording) recording->written(fd, place, at, written);
    }
    if (isLast) die();
    return written;
}

// ---- lives --------------------------------------------------------------------------------------------------------------

/// Ends the process where that does not hold.
inline std::string tried;  // said then
inline void require(bool holds, std::string const& what)
{
    if (holds) return;
    std::fprintf(stderr, "%s: %s%s\n", program_invocation_short_name, what.c_str(), tried.c_str());
    ::_exit(1);
}

/// What nobody can foresee, or, where this is set, by a seed.
inline std::mt19937* foreseen = nullptr;
inline std::uint32_t unforeseen() { return foreseen != nullptr ? static_cast<std::uint32_t>((*foreseen)()) : std::random_device{}(); }

/// An empty folder, for as long as this is there: in memory, where nothing is synced.
struct Folder {
    explicit Folder(std::string const& name)
        : path((syncsNothing && std::filesystem::exists("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path()) /
               ("sluice-" + std::string{program_invocation_short_name} + '-' + std::to_string(::getpid()) + '-' + name))
    {
        std::filesystem::remove_all(path);
        std::filesystem::create_directories(path);
    }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

/// What killed processes have left half written is gone when others have gone on.
inline void requireNothingHidden(std::string const& folder)
{
    for (auto const& found : std::filesystem::recursive_directory_iterator{folder}) {
        require(found.path().filename().string()[0] != '.', found.path().string() + " has been left");
    }
}

/// What an output has written for each batch: a file of its own, which is replaced as a whole.
template <class Written>
class Output {
public:
    /// Commits are so far from each other.
    explicit Output(std::string folder, sluice::Duration interval = std::chrono::seconds{1})
        : folder_(std::move(folder)), interval_(interval)
    {
        sluice::io::detail::makeParents(folder_ + '/');
        for (auto const& name : sluice::io::listNames(folder_)) {
            if (name[0] == '.') continue;
            batches_[std::stoll(name)] = sluice::decode<Written>(sluice::io::FileBytes{folder_ + '/' + name}.view());
        }
    }

    /// By milliseconds.
    [[nodiscard]] std::map<std::int64_t, Written> const& batches() const& { return batches_; }
    std::map<std::int64_t, Written> const& batches() && = delete;
    /// That of the newest batch; 0 where there is none.
    [[nodiscard]] sluice::Time newest() const
    {
        return batches_.empty() ? sluice::Time{} : sluice::Time{std::chrono::milliseconds{batches_.rbegin()->first}};
    }
    /// A batch that was written by the life before has run again: it must be the same, and none runs again that was committed before the newest
    /// one ran.
    void write(sluice::Time t, Written const& written)
    {
        auto const ms = t.milliseconds();
        require(ms > committed_, "a batch ran again that was committed");
        auto const known = batches_.find(ms);
        require(known == batches_.end() || known->second == written, "a batch that ran again was another one");
        sluice::io::replaceFile(folder_ + '/' + std::to_string(ms), sluice::encode(written));
        outside.written = std::max(outside.written, ms);
        auto const interval = interval_.count() / 1000;
        outside.committed = std::max(outside.committed, (ms - 1) / interval * interval);
    }

private:
    std::string folder_;
    sluice::Duration interval_;
    std::int64_t committed_ = outside.committed;
    std::map<std::int64_t, Written> batches_;
};

/// A pull source of the numbers from 0 on, five in a batch.
struct NumberSource {
    std::int64_t next = 0;

    auto batch(sluice::Time)
    {
        std::vector<std::int64_t> records(5);
        for (auto& record : records) record = next++;
        return sluice::rdd(std::move(records), 2);
    }
    std::string position() const { return sluice::encode(next); }
    void restore(std::string_view position) { next = sluice::decode<std::int64_t>(position); }
};

struct Life {
    std::string folder;  // where it goes on, and what it leaves
    int batches = 0;
    std::string master = "inline";
    unsigned seed = 0;   // of what else is different in each life
    long operation = 0;  // at which it is killed, or the disk is full; 0: at none
    Ending ending = Ending::death;

    /// Whether the machine dies with it, so that it loses what is not synced.
    [[nodiscard]] bool losesUnsynced() const { return seed / 2 % 2 == 1; }
};

/// Runs a life in a process of its own; whether it came to its end, and was not killed. Where its disk is full it may end by an error that
/// says so.
template <class Run>
bool live(Life const& life, Run const& run)
{
    std::fflush(nullptr);
    auto const child = ::fork();
    if (child == 0) {
        try {
            left = life.operation;
            ending = life.ending;
            if (life.losesUnsynced() && ending == Ending::death) powerCut = life.seed / 4 % 2 == 0 ? PowerCut::cuts : PowerCut::clears;
            run(life);
            left = 0;
        } catch (std::exception const& error) {
            auto const text = sluice::detail::errorText(std::current_exception());
            auto const says = [&](char const* what) { return text.find(what) != std::string::npos; };
            bool const isSqlites = says("disk is full") || says("disk I/O error") || says("unable to open database file");
            bool const isOfDisk = says(std::strerror(ENOSPC)) || isSqlites;
            require(ending != Ending::death && isOfDisk, "it ends by " + text);
            ::_exit(endedByError);
        }
        ::_exit(0);
    }
    require(child > 0, std::string{"fork: "} + std::strerror(errno));
    int status = 0;
    require(::waitpid(child, &status, 0) == child, std::string{"waitpid: "} + std::strerror(errno));
    auto const isOneOf = [&](int code) { return WIFEXITED(status) && WEXITSTATUS(status) == code; };
    require(isOneOf(0) || isOneOf(life.ending == Ending::death ? killed : endedByError), "a life ended by itself");
    return WEXITSTATUS(status) == 0;
}

/// A life of so many batches that is killed at its first operation, another at its second, and so on, until one comes to its end. Behind each
/// of them a life goes on, which each third time is killed, too, and one that is not. verify(folder, isWhole) looks at what the last life has
/// left, which came to its end, or was killed; how many operations a life has.
template <class Run, class Verify>
long killAtEach(int batches, Run const& run, Verify const& verify)
{
    for (long at = 1;; ++at) {
        Folder const folder{std::to_string(at)};
        outside = {};
        auto const seed = static_cast<unsigned>(at);
        auto const last = live({folder.path, batches, "inline", seed, at}, run);
        verify(folder.path, last);
        if (at % 3 == 0) verify(folder.path, live({folder.path, 2, "local[2]", seed + 1, 1 + at % 23}, run));
        live({folder.path, 3, at % 2 == 0 ? "inline" : "local[2]", seed}, run);
        verify(folder.path, true);
        if (last) return at;
    }
}

/// A life whose disk is full at its first operation, another at its second, and so on, in one of the ways or in all, and a life behind each
/// that has room.
template <class Run, class Verify>
void fillAtEach(int batches, long most, bool isAll, Run const& run, Verify const& verify)
{
    static constexpr char const* ways[] = {"for once", "from then on", "within, and from then on"};
    syncsNothing = isFilled = true;
    for (long at = isAll ? 3 : 1; at <= (isAll ? 3 * most + 2 : most); ++at) {
        auto const operation = isAll ? at / 3 : at;
        Folder const folder{std::to_string(at)};
        outside = {};
        auto const seed = static_cast<unsigned>(at);
        tried = " (the disk is full at operation " + std::to_string(operation) + ", " + ways[at % 3] + ')';
        live({folder.path, batches, "inline", seed, operation, static_cast<Ending>(1 + at % 3)}, run);
        verify(folder.path, false);
        live({folder.path, 3, "inline", seed}, run);
        verify(folder.path, true);
    }
    syncsNothing = isFilled = false;
    tried.clear();
}

/// So many lives of one folder, each killed anywhere, and one that is not, by a seed that is printed.
template <class Run, class Verify>
void killAtRandom(int lives, Run const& run, Verify const& verify)
{
    auto const seed = std::random_device{}();
    std::printf("seed %u\n", seed);
    std::mt19937 random{seed};
    Folder const folder{"0"};
    outside = {};
    for (; lives > 0; --lives) {
        auto const batches = 1 + static_cast<int>(random() % 8);
        auto const master = random() % 2 == 0 ? "inline" : "local[2]";
        auto const its = static_cast<unsigned>(random());
        verify(folder.path, live({folder.path, batches, master, its, 1 + static_cast<long>(random() % 120)}, run));
    }
    live({folder.path, 3, "inline", seed}, run);
    verify(folder.path, true);
}

/// A program's main(): without arguments killAtEach() a life of so many batches, and a full disk at each of its operations; with "full" that in
/// all ways; with a number killAtRandom() so often.
template <class Run, class Verify>
void killEverywhere(int argc, char** arguments, int batches, Run const& run, Verify const& verify)
{
    bool const isAll = argc > 1 && std::string_view{arguments[1]} == "full";
    if (argc > 1 && !isAll) return killAtRandom(std::atoi(arguments[1]), run, verify);
    auto const most = killAtEach(batches, run, verify);
    require(most > 20, "it did not die often");
    std::printf("%ld operations in one life\n", most);
    fillAtEach(batches, most, isAll, run, verify);
}
