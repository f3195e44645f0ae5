#pragma once

// Over 300 lines: the three classes are of no use apart, and half of this is reference text.

#include <sluice/batch/error.hpp>
#include <sluice/io/file_descriptor.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::inline SLUICE_ABI::io {

namespace detail {

/// The cause of a failed call. (strerror is safe here: for numbers that the system gives it answers a constant.)
[[noreturn]] [[gnu::cold]] void fail(int error, std::string_view doing, std::string_view with = {});

[[gnu::cold]] void requirePort(char const* who, int port, int least);

[[gnu::cold]] std::string hostPort(std::string const& host, int port);

/// Whether to wait and try again: a socket that is readable may have nothing to read after all
/// (poll(2), BUGS).
inline bool isPassing(int error) { return error == EINTR || error == EAGAIN || error == EWOULDBLOCK; }

/// Waits until `events` (or an error, which the next call then reports) are there on fd: true. False: woken, and
/// this comes first, so that a peer who never stops sending cannot keep a thread. `wake` of -1 waits for fd alone.
bool await(int fd, short events, int wake);

/// The addresses of a host.
class Addresses {
public:
    [[gnu::cold]] Addresses(std::string const& host, int port);
    Addresses(Addresses const&) = delete;
    Addresses& operator=(Addresses const&) = delete;
    ~Addresses() { ::freeaddrinfo(first_); }

    [[nodiscard]] addrinfo const* first() const noexcept { return first_; }

private:
    addrinfo* first_ = nullptr;
};

/// A loopback port that nobody listens on may be given to the very socket that asks for it: TCP then connects the
/// socket to itself, and one that tries again and again will meet this.
bool isConnectedToItself(int fd);

}  // namespace detail

/// Ends calls that wait, from any thread: once notified, every call with it answers *interrupted* at once, until
/// `clear`. It must outlive the calls that it is given to.
///
/// ```cpp
/// io::Wakeup wake;
/// io::Listener listener;
/// wake.notify();
/// CHECK(!listener.accept(wake));  // did not wait
/// ```
class Wakeup {
public:
    Wakeup() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
    {
        if (!event_) detail::fail(errno, "eventfd");
    }

    void notify() const noexcept
    {
        // It fails only where the count is full, and then everybody is woken anyway.
        std::uint64_t const one = 1;
        [[maybe_unused]] auto const written = ::write(event_.get(), &one, sizeof one);
    }

    void clear() const noexcept
    {
        std::uint64_t count = 0;
        [[maybe_unused]] auto const got = ::read(event_.get(), &count, sizeof count);
    }

    [[nodiscard]] bool notified() const
    {
        pollfd polled{event_.get(), POLLIN, 0};
        return ::poll(&polled, 1, 0) > 0;
    }

    /// Readable (`POLLIN`) once notified.
    [[nodiscard]] int fd() const noexcept { return event_.get(); }

private:
    FileDescriptor event_;
};

/// How a read ended.
///
/// ```cpp
/// CHECK(io::ReadResult{io::ReadStatus::end}.bytes == 0);
/// ```
enum class ReadStatus {
    data,        ///< there are bytes, at least one
    end,         ///< the peer sends nothing more
    interrupted  ///< the Wakeup was notified; nothing was taken from the connection
};

/// What a read gave.
///
/// ```cpp
/// io::ReadResult const got{io::ReadStatus::data, 3};
/// CHECK(got.bytes == 3);
/// ```
struct ReadResult {
    ReadStatus status = ReadStatus::end;
    std::size_t bytes = 0;  ///< how many stand at the front of the buffer; 0 unless data
};

/// A connection over TCP. Empty (false) by default and where connecting was interrupted; using it then is an
/// `IllegalState`. What goes wrong on the way is a `StreamError` that names the peer and the cause. SIGPIPE is never
/// raised. One thread may read while another writes.
///
/// ```cpp
/// io::Wakeup wake;
/// io::Listener listener;
/// auto client = io::Socket::connect("localhost", listener.port(), wake);
/// auto server = listener.accept(wake);
/// client.writeAll("to be");
/// std::string buffer(64, ' ');
/// auto const got = server.read(buffer, wake);
/// CHECK(got.status == io::ReadStatus::data);
/// CHECK(std::string_view{buffer.data(), got.bytes} == "to be");
/// ```
class Socket {
public:
    Socket() = default;

    /// Connects to the first address of the host, IPv6 or IPv4, that takes it; the result is empty if
    /// `wake` was notified first. An unknown host and a connection that every address refuses are told
    /// apart in the text. `localhost` is known, also where the system does not know it. How long one address may take is the
    /// system's choice (about two minutes with Linux). The one thing here that cannot be interrupted is the look-up of the host's
    /// name.
    [[nodiscard]] [[gnu::cold]] static Socket connect(std::string const& host, int port, Wakeup const& wake);

    /// Takes over a connected socket; `peer` is what errors call the other side.
    Socket(FileDescriptor connected, std::string peer) noexcept : fd_(std::move(connected)), peer_(std::move(peer)) {}

    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(fd_); }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

    /// The other side, as `host:port`.
    [[nodiscard]] std::string const& peer() const noexcept { return peer_; }

    /// Waits for bytes and takes as many as are there and fit. The buffer must not be empty.
    [[nodiscard]] ReadResult read(std::span<char> buffer, Wakeup const& wake) const;

    /// How many bytes have come and not been read yet.
    [[nodiscard]] std::size_t pending() const;

    /// Takes as many of those as fit, without waiting; 0: there are none.
    [[nodiscard]] std::size_t takePending(std::span<char> buffer) const;

    /// Writes all bytes, waiting for the peer to take them as long as it likes.
    void writeAll(std::string_view bytes) const { static_cast<void>(write(bytes, -1)); }

    /// Writes all bytes, unless it is interrupted: false, and some of the bytes may be on their way.
    [[nodiscard]] bool writeAll(std::string_view bytes, Wakeup const& wake) const { return write(bytes, wake.fd()); }

    /// The peer reads an end after what was written; its bytes can still be read.
    void shutdownWrite() const;

    void close() noexcept { fd_.close(); }

private:
    void requireConnected(char const* call) const;

    [[nodiscard]] bool write(std::string_view bytes, int wake) const;

    FileDescriptor fd_;
    std::string peer_;
};

/// Listens on 127.0.0.1, where only programs of this machine reach it; on a port of the system's choice by default.
///
/// ```cpp
/// io::Listener listener;
/// CHECK(listener.port() > 0);
/// CHECK_THROWS_AS(io::Listener{listener.port()}, StreamError);  // taken
/// ```
class Listener {
public:
    explicit Listener(int port = 0);

    [[nodiscard]] int port() const noexcept { return port_; }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

    /// The next connection, or an empty socket if `wake` was notified first.
    [[nodiscard]] Socket accept(Wakeup const& wake) const;

private:
    FileDescriptor fd_;
    int port_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI::io

#ifndef SLUICE_COMPILED
#include <sluice/io/socket.ipp>
#endif
