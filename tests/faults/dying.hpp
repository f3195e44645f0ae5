#pragma once

#include <atomic>
#include <string>

#include <dlfcn.h>
#include <unistd.h>

// Stands in for the system's functions that change files, so that a process dies at one of them, and a test learns what was synced. For
// programs of one file, which include it once.

inline std::atomic<long> left = 0;         // operations until it dies; 0: it does not
inline std::string* operations = nullptr;  // where it is noted what was synced and renamed; of one thread

/// Whether this operation is the one.
inline bool dies()
{
    if (left.load(std::memory_order_relaxed) <= 0) return false;
    return --left == 0;
}
inline constexpr int killed = 9;

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

#define DIE_AT(result, name, parameters, arguments, on)                                    \
    extern "C" result __interceptor_##name parameters __attribute__((weak));               \
    extern "C" result name parameters                                                      \
    {                                                                                      \
        static auto* const real = behind<result parameters>(&__interceptor_##name, #name); \
        if (dies()) ::_exit(killed);                                                       \
        note(#name, on);                                                                   \
        return real arguments;                                                             \
    }
DIE_AT(int, fsync, (int fd), (fd), fd)
DIE_AT(int, fdatasync, (int fd), (fd), fd)
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
    if (fd > 2 && dies()) {
        static_cast<void>(real(fd, at, size / 2));
        ::_exit(killed);
    }
    note("write", fd);
    return real(fd, at, size);
}
