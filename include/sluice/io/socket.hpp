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
[[noreturn]] SLUICE_COLD inline void fail(int error, std::string_view doing, std::string_view with = {})
{
    throw StreamError{sluice::detail::concat({"sluice::io: ", doing, with, ": ", std::strerror(error)})};
}

SLUICE_COLD inline void requirePort(char const* who, int port, int least)
{
    if (port >= least && port <= 65535) return;
    throw InvalidArgument{sluice::detail::concat({"sluice::io::", who, ": the port is ",
                                                  sluice::detail::Digits{port}.text(), ", it must be between ",
                                                  sluice::detail::Digits{least}.text(), " and 65535"})};
}

SLUICE_COLD inline std::string hostPort(std::string const& host, int port)
{
    bool const ipv6 = host.find(':') != std::string::npos;
    return sluice::detail::concat({ipv6 ? "[" : "", host, ipv6 ? "]:" : ":", sluice::detail::Digits{port}.text()});
}

/// Whether to wait and try again: a socket that is readable may have nothing to read after all
/// (poll(2), BUGS).
inline bool isPassing(int error)
{
    return error == EINTR || error == EAGAIN || error == EWOULDBLOCK;
}

/// Waits until `events` (or an error, which the next call then reports) are there on fd: true. False: woken, and
/// this comes first, so that a peer who never stops sending cannot keep a thread. `wake` of -1 waits for fd alone.
inline bool await(int fd, short events, int wake)
{
    pollfd polled[2] = {{fd, events, 0}, {wake, POLLIN, 0}};
    while (::poll(polled, 2, -1) < 0) {
        if (errno != EINTR) fail(errno, "poll");
    }
    return polled[1].revents == 0;
}

/// The addresses of a host.
class Addresses {
public:
    SLUICE_COLD Addresses(std::string const& host, int port)
    {
        addrinfo hints{};
        hints.ai_family = AF_UNSPEC;
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = AI_NUMERICSERV;
        std::string const service{sluice::detail::Digits{port}.text()};
        int const error = ::getaddrinfo(host.c_str(), service.c_str(), &hints, &first_);
        if (error == 0) return;
        int const systemError = errno;
        auto const peer = hostPort(host, port);
        if (error == EAI_SYSTEM) fail(systemError, "cannot connect to ", peer);
        bool const unknown = error == EAI_NONAME
#ifdef EAI_NODATA  // in no standard
                             || error == EAI_NODATA
#endif
            ;
        throw StreamError{sluice::detail::concat({"sluice::io: cannot connect to ", peer,
                                                  unknown ? ": unknown host: " : ": host not looked up: ",
                                                  ::gai_strerror(error)})};
    }
    Addresses(Addresses const&) = delete;
    Addresses& operator=(Addresses const&) = delete;
    ~Addresses() { ::freeaddrinfo(first_); }

    [[nodiscard]] addrinfo const* first() const noexcept { return first_; }

private:
    addrinfo* first_ = nullptr;
};

/// A loopback port that nobody listens on may be given to the very socket that asks for it: TCP then connects the
/// socket to itself, and one that tries again and again will meet this.
inline bool isConnectedToItself(int fd)
{
    sockaddr_storage own{};
    sockaddr_storage peer{};
    socklen_t ownSize = sizeof own;
    socklen_t peerSize = sizeof peer;
    return ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &ownSize) == 0 &&
           ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peerSize) == 0 && ownSize == peerSize &&
           std::memcmp(&own, &peer, ownSize) == 0;
}

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
    /// apart in the text. How long one address may take is the system's choice (about two minutes with
    /// Linux). The one thing here that cannot be interrupted is the look-up of the host's name.
    [[nodiscard]] SLUICE_COLD static Socket connect(std::string const& host, int port, Wakeup const& wake)
    {
        detail::requirePort("Socket::connect", port, 1);
        if (wake.notified()) return {};
        auto peer = detail::hostPort(host, port);
        std::string causes;
        detail::Addresses const addresses{host, port};
        for (auto const* at = addresses.first(); at != nullptr; at = at->ai_next) {
            if (wake.notified()) return {};
            FileDescriptor fd{::socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                                       at->ai_protocol)};
            int error = fd ? 0 : errno;
            if (fd && ::connect(fd.get(), at->ai_addr, at->ai_addrlen) != 0) error = errno;
            if (error == EINPROGRESS || error == EINTR || (fd && error == 0)) {
                if (!detail::await(fd.get(), POLLOUT, wake.fd())) return {};
                socklen_t size = sizeof error;
                if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
            }
            if (error == 0 && detail::isConnectedToItself(fd.get())) error = ECONNREFUSED;
            if (error == 0) return Socket{std::move(fd), std::move(peer)};
            // Addresses of one host fail for one reason, as a rule.
            std::string const cause = std::strerror(error);
            if (causes.find(cause) == std::string::npos) causes = sluice::detail::concat({causes, causes.empty() ? "" : "; ", cause});
        }
        throw StreamError{sluice::detail::concat({"sluice::io: cannot connect to ", peer, ": ", causes})};
    }

    /// Takes over a connected socket; `peer` is what errors call the other side.
    Socket(FileDescriptor connected, std::string peer) noexcept
        : fd_(std::move(connected)), peer_(std::move(peer))
    {
    }

    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(fd_); }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

    /// The other side, as `host:port`.
    [[nodiscard]] std::string const& peer() const noexcept { return peer_; }

    /// Waits for bytes and takes as many as are there and fit. The buffer must not be empty.
    [[nodiscard]] ReadResult read(std::span<char> buffer, Wakeup const& wake) const
    {
        requireConnected("read");
        if (buffer.empty()) throw InvalidArgument{"sluice::io::Socket::read: the buffer is empty"};
        for (;;) {
            if (!detail::await(fd_.get(), POLLIN, wake.fd())) return {ReadStatus::interrupted};
            auto const got = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (got > 0) return {ReadStatus::data, static_cast<std::size_t>(got)};
            if (got == 0) return {ReadStatus::end};
            if (!detail::isPassing(errno)) detail::fail(errno, "reading from ", peer_);
        }
    }

    /// How many bytes have come and not been read yet.
    [[nodiscard]] std::size_t pending() const
    {
        requireConnected("pending");
        int bytes = 0;
        return ::ioctl(fd_.get(), FIONREAD, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
    }

    /// Takes as many of those as fit, without waiting; 0: there are none.
    [[nodiscard]] std::size_t takePending(std::span<char> buffer) const
    {
        requireConnected("takePending");
        for (;;) {
            auto const got = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (got >= 0) return static_cast<std::size_t>(got);
            if (errno != EINTR) return 0;
        }
    }

    /// Writes all bytes, waiting for the peer to take them as long as it likes.
    void writeAll(std::string_view bytes) const { write(bytes, -1); }

    /// The same, unless it is interrupted: false, and some of the bytes may be on their way.
    [[nodiscard]] bool writeAll(std::string_view bytes, Wakeup const& wake) const { return write(bytes, wake.fd()); }

    /// The peer reads an end after what was written; its bytes can still be read.
    void shutdownWrite() const
    {
        requireConnected("shutdownWrite");
        // A peer who is gone already is told nothing.
        if (::shutdown(fd_.get(), SHUT_WR) != 0 && errno != ENOTCONN) {
            detail::fail(errno, "ending the output to ", peer_);
        }
    }

    void close() noexcept { fd_.close(); }

private:
    void requireConnected(char const* call) const
    {
        if (fd_) return;
        throw IllegalState{sluice::detail::concat({"sluice::io::Socket::", call, ": the socket is not connected"})};
    }

    bool write(std::string_view bytes, int wake) const
    {
        requireConnected("writeAll");
        while (!bytes.empty()) {
            if (!detail::await(fd_.get(), POLLOUT, wake)) return false;
            auto const sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent >= 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
            else if (!detail::isPassing(errno)) detail::fail(errno, "writing to ", peer_);
        }
        return true;
    }

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
    explicit Listener(int port = 0)
    {
        detail::requirePort("Listener", port, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* const raw = reinterpret_cast<sockaddr*>(&address);
        socklen_t size = sizeof address;
        int const on = 1;
        fd_ = FileDescriptor{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
        // A port whose last connections still fade away is free; one that another listens on is not.
        if (!fd_ || ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
            ::bind(fd_.get(), raw, size) != 0 || ::listen(fd_.get(), SOMAXCONN) != 0 ||
            ::getsockname(fd_.get(), raw, &size) != 0) {
            int const error = errno;
            detail::fail(error, "cannot listen on ", detail::hostPort("127.0.0.1", port));
        }
        port_ = ntohs(address.sin_port);
    }

    [[nodiscard]] int port() const noexcept { return port_; }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

    /// The next connection, or an empty socket if `wake` was notified first.
    [[nodiscard]] Socket accept(Wakeup const& wake) const
    {
        for (;;) {
            if (!detail::await(fd_.get(), POLLIN, wake.fd())) return {};
            sockaddr_in peer{};
            socklen_t size = sizeof peer;
            FileDescriptor fd{
                ::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
            if (fd) return Socket{std::move(fd), detail::hostPort("127.0.0.1", ntohs(peer.sin_port))};
            // The peer left before it was accepted, or another thread was faster: on to the next one.
            int const error = errno;
            if (!detail::isPassing(error) && error != ECONNABORTED && error != EPROTO) {
                detail::fail(error, "accepting on ", detail::hostPort("127.0.0.1", port_));
            }
        }
    }

private:
    FileDescriptor fd_;
    int port_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI::io
