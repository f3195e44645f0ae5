#pragma once

#include <sluice/io/file_descriptor.hpp>

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <sys/socket.h>

/// A port of the loopback on which nobody listens, and that no other program is given meanwhile. An `io::Listener` may have it.
class QuietPort {
public:
    QuietPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        int const on = 1;
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* const raw = reinterpret_cast<sockaddr*>(&address);
        socklen_t size = sizeof address;
        REQUIRE(::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
        REQUIRE(::bind(socket_.get(), raw, size) == 0);
        REQUIRE(::getsockname(socket_.get(), raw, &size) == 0);
        number_ = ntohs(address.sin_port);
    }

    [[nodiscard]] int number() const { return number_; }

private:
    sluice::io::FileDescriptor socket_;
    int number_ = 0;
};
