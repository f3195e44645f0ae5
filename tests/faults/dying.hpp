#pragma once

#include <sluice/checkpoint.hpp>
#include <sluice/sluice.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
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

inline std::atomic<long> left = 0;         // operations until it dies; 0: it does not
inline std::string* operations = nullptr;  // where it is noted what was synced and renamed; of one thread

/// Whether this operation is the one.
inline bool dies()
{
    if (left.load(std::memory_order_relaxed) <= 0) return false;
    return --left == 0;
}
inline constexpr int killed = 9;

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

// fsync and fdatasync.
#define DIE_AT_SYNC(name)                                                         \
    extern "C" int __interceptor_##name(int fd) __attribute__((weak));            \
    extern "C" int name(int fd)                                                   \
    {                                                                             \
        static auto* const real = behind<int(int)>(&__interceptor_##name, #name); \
        if (dies()) die();                                                        \
        note(#name, fd);                                                          \
        std::lock_guard const lock{unsyncedLock};                                 \
        auto const result = real(fd);                                             \
        if (result == 0) forget(fd);                                              \
        return result;                                                            \
    }
DIE_AT_SYNC(fsync)
DIE_AT_SYNC(fdatasync)
#define DIE_AT(result, name, parameters, arguments, on)                                    \
    extern "C" result __interceptor_##name parameters __attribute__((weak));               \
    extern "C" result name parameters                                                      \
    {                                                                                      \
        static auto* const real = behind<result parameters>(&__interceptor_##name, #name); \
        if (dies()) die();                                                                 \
        note(#name, on);                                                                   \
        return real arguments;                                                             \
    }
DIE_AT(int, rename, (char const* from, char const* to) noexcept, (from, to), to)
DIE_AT(int, renameat2, (int fromAt, char const* from, int toAt, char const* to, unsigned how) noexcept, (fromAt, from, toAt, to, how), to)
DIE_AT(int, unlink, (char const* path) noexcept, (path), path)
DIE_AT(int, remove, (char const* path) noexcept, (path), path)
DIE_AT(int, mkdir, (char const* path, mode_t mode) noexcept, (path, mode), path)
DIE_AT(int, ftruncate, (int fd, off_t size) noexcept, (fd, size), fd)

extern "C" ssize_t __interceptor_write(int fd, void const* at, std::size_t size) __attribute__((weak));
extern "C" ssize_t write(int fd, void const* at, std::size_t size)
{
    static auto* const real = behind<ssize_t(int, void const*, std::size_t)>(&__interceptor_write, "write");
    bool const isLast = fd > 2 && dies();
    if (!isLast) note("write", fd);
    ssize_t written = 0;
    {
        std::lock_guard const lock{unsyncedLock};
        remember(fd);
        written = real(fd, at, isLast ? size / 2 : size);
    }
    if (isLast) die();
    return written;
}

// ---- lives --------------------------------------------------------------------------------------------------------------

/// Ends the process where that does not hold.
inline void require(bool holds, std::string const& what)
{
    if (holds) return;
    std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, what.c_str());
    ::_exit(1);
}

/// An empty folder, for as long as this is there.
struct Folder {
    explicit Folder(std::string const& name)
        : path(std::filesystem::temp_directory_path() /
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
    explicit Output(std::string folder) : folder_(std::move(folder))
    {
        std::filesystem::create_directories(folder_);
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
    /// A batch that was written by the life before has run again: it must be the same.
    void write(sluice::Time t, Written const& written) const
    {
        auto const known = batches_.find(t.milliseconds());
        require(known == batches_.end() || known->second == written, "a batch that ran again was another one");
        sluice::io::replaceFile(folder_ + '/' + std::to_string(t.milliseconds()), sluice::encode(written));
    }

private:
    std::string folder_;
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
    long operation = 0;  // at which it is killed; 0: at none

    /// Whether the machine dies with it, so that it loses what is not synced.
    [[nodiscard]] bool losesUnsynced() const { return seed / 2 % 2 == 1; }
};

/// Runs a life in a process of its own; whether it came to its end, and was not killed.
template <class Run>
bool live(Life const& life, Run const& run)
{
    std::fflush(nullptr);
    auto const child = ::fork();
    if (child == 0) {
        try {
            left = life.operation;
            if (life.losesUnsynced()) powerCut = life.seed / 4 % 2 == 0 ? PowerCut::cuts : PowerCut::clears;
            run(life);
            left = 0;
        } catch (std::exception const& error) {
            require(false, error.what());
        }
        ::_exit(0);
    }
    require(child > 0, std::string{"fork: "} + std::strerror(errno));
    int status = 0;
    require(::waitpid(child, &status, 0) == child, std::string{"waitpid: "} + std::strerror(errno));
    require(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == killed), "a life ended by itself");
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
        auto const seed = static_cast<unsigned>(at);
        auto const last = live({folder.path, batches, "inline", seed, at}, run);
        verify(folder.path, last);
        if (at % 3 == 0) verify(folder.path, live({folder.path, 2, "local[2]", seed + 1, 1 + at % 23}, run));
        live({folder.path, 3, at % 2 == 0 ? "inline" : "local[2]", seed}, run);
        verify(folder.path, true);
        if (last) return at;
    }
}

/// So many lives of one folder, each killed anywhere, and one that is not, by a seed that is printed.
template <class Run, class Verify>
void killAtRandom(int lives, Run const& run, Verify const& verify)
{
    auto const seed = std::random_device{}();
    std::printf("seed %u\n", seed);
    std::mt19937 random{seed};
    Folder const folder{"0"};
    for (; lives > 0; --lives) {
        auto const batches = 1 + static_cast<int>(random() % 8);
        auto const master = random() % 2 == 0 ? "inline" : "local[2]";
        auto const its = static_cast<unsigned>(random());
        verify(folder.path, live({folder.path, batches, master, its, 1 + static_cast<long>(random() % 120)}, run));
    }
    live({folder.path, 3, "inline", seed}, run);
    verify(folder.path, true);
}

/// A program's main(): without arguments killAtEach() a life of so many batches, and with a number killAtRandom() so often.
template <class Run, class Verify>
void killEverywhere(int argc, char** arguments, int batches, Run const& run, Verify const& verify)
{
    if (argc > 1) return killAtRandom(std::atoi(arguments[1]), run, verify);
    auto const most = killAtEach(batches, run, verify);
    require(most > 20, "it did not die often");
    std::printf("%ld operations in one life\n", most);
}
