#pragma once

#include <sluice/io/socket.hpp>

namespace sluice::inline SLUICE_ABI::io::detail {

SLUICE_COLD SLUICE_BODY void fail(int error, std::string_view doing, std::string_view with)
{
    throw StreamError{sluice::detail::concat({"sluice::io: ", doing, with, ": ", std::strerror(error)})};
}

SLUICE_COLD SLUICE_BODY void requirePort(char const* who, int port, int least)
{
    if (port >= least && port <= 65535) return;
    throw InvalidArgument{sluice::detail::concat({"sluice::io::", who, ": the port is ", sluice::detail::Digits{port}.text(),
                                                  ", it must be between ", sluice::detail::Digits{least}.text(), " and 65535"})};
}

SLUICE_COLD SLUICE_BODY std::string hostPort(std::string const& host, int port)
{
    bool const ipv6 = host.find(':') != std::string::npos;
    return sluice::detail::concat({ipv6 ? "[" : "", host, ipv6 ? "]:" : ":", sluice::detail::Digits{port}.text()});
}

SLUICE_BODY bool await(int fd, short events, int wake)
{
    pollfd polled[2] = {{fd, events, 0}, {wake, POLLIN, 0}};
    while (::poll(polled, 2, -1) < 0) {
        if (errno != EINTR) fail(errno, "poll");
    }
    return polled[1].revents == 0;
}

SLUICE_COLD SLUICE_BODY Addresses::Addresses(std::string const& host, int port)
{
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    std::string const service{sluice::detail::Digits{port}.text()};
    int error = ::getaddrinfo(host.c_str(), service.c_str(), &hints, &first_);
    int const systemError = errno;
    // A bare system has no /etc/hosts, but the name means the loopback everywhere (RFC 6761, 6.3).
    if (error != 0 && host == "localhost") error = ::getaddrinfo("127.0.0.1", service.c_str(), &hints, &first_);
    if (error == 0) return;
    auto const peer = hostPort(host, port);
    if (error == EAI_SYSTEM) fail(systemError, "cannot connect to ", peer);
    bool const unknown = error == EAI_NONAME
#ifdef EAI_NODATA  // in no standard
                         || error == EAI_NODATA
#endif
        ;
    throw StreamError{sluice::detail::concat(
        {"sluice::io: cannot connect to ", peer, unknown ? ": unknown host: " : ": host not looked up: ", ::gai_strerror(error)})};
}

SLUICE_BODY bool isConnectedToItself(int fd)
{
    sockaddr_storage own{};
    sockaddr_storage peer{};
    socklen_t ownSize = sizeof own;
    socklen_t peerSize = sizeof peer;
    return ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &ownSize) == 0 &&
           ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peerSize) == 0 && ownSize == peerSize &&
           std::memcmp(&own, &peer, ownSize) == 0;
}

}  // namespace sluice::inline SLUICE_ABI::io::detail

namespace sluice::inline SLUICE_ABI::io {

SLUICE_COLD SLUICE_BODY Socket Socket::connect(std::string const& host, int port, Wakeup const& wake)
{
    detail::requirePort("Socket::connect", port, 1);
    if (wake.notified()) return {};
    auto peer = detail::hostPort(host, port);
    std::string causes;
    detail::Addresses const addresses{host, port};
    for (auto const* at = addresses.first(); at != nullptr; at = at->ai_next) {
        if (wake.notified()) return {};
        FileDescriptor fd{::socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at->ai_protocol)};
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

SLUICE_BODY ReadResult Socket::read(std::span<char> buffer, Wakeup const& wake) const
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

SLUICE_BODY std::size_t Socket::pending() const
{
    requireConnected("pending");
    int bytes = 0;
    return ::ioctl(fd_.get(), FIONREAD, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

SLUICE_BODY std::size_t Socket::takePending(std::span<char> buffer) const
{
    requireConnected("takePending");
    for (;;) {
        auto const got = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) return 0;
    }
}

SLUICE_BODY void Socket::shutdownWrite() const
{
    requireConnected("shutdownWrite");
    // A peer who is gone already is told nothing.
    if (::shutdown(fd_.get(), SHUT_WR) != 0 && errno != ENOTCONN) {
        detail::fail(errno, "ending the output to ", peer_);
    }
}

SLUICE_BODY void Socket::requireConnected(char const* call) const
{
    if (fd_) return;
    throw IllegalState{sluice::detail::concat({"sluice::io::Socket::", call, ": the socket is not connected"})};
}

SLUICE_BODY bool Socket::write(std::string_view bytes, int wake) const
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

SLUICE_BODY Listener::Listener(int port)
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
    if (!fd_ || ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 || ::bind(fd_.get(), raw, size) != 0 ||
        ::listen(fd_.get(), SOMAXCONN) != 0 || ::getsockname(fd_.get(), raw, &size) != 0) {
        int const error = errno;
        detail::fail(error, "cannot listen on ", detail::hostPort("127.0.0.1", port));
    }
    port_ = ntohs(address.sin_port);
}

SLUICE_BODY Socket Listener::accept(Wakeup const& wake) const
{
    for (;;) {
        if (!detail::await(fd_.get(), POLLIN, wake.fd())) return {};
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        FileDescriptor fd{::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (fd) return Socket{std::move(fd), detail::hostPort("127.0.0.1", ntohs(peer.sin_port))};
        // The peer left before it was accepted, or another thread was faster: on to the next one.
        int const error = errno;
        if (!detail::isPassing(error) && error != ECONNABORTED && error != EPROTO) {
            detail::fail(error, "accepting on ", detail::hostPort("127.0.0.1", port_));
        }
    }
}

}  // namespace sluice::inline SLUICE_ABI::io
