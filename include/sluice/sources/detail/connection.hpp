#pragma once

#include <sluice/input/receiver.hpp>
#include <sluice/io/socket.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// What a source of a server is given, or `InvalidArgument` that names its line.
[[gnu::cold]] void requireServer(Label const& label, int port, bool limitFits, std::string_view limit);

/// Reads from a server until a stop is asked for: room() gives memory to read into (none: it returns), take(n) has the
/// first n bytes of it. Where the connection fails or ends it throws; left() says how much is left of something then. In a
/// graceful stop it takes what has come by then, of a peer that goes on sending no more than that.
template <class Room, class Take, class Left>
SLUICE_COLD void receiveFrom(std::string const& host, int port, std::stop_token const& stop, ReceiverHostBase const& runner, Room&& room,
                             Take&& take, Left&& left)
{
    io::Wakeup const wake;
    std::stop_callback const onStop{stop, [&wake] { wake.notify(); }};
    auto const socket = io::Socket::connect(host, port, wake);
    if (!socket) return;  // asked to stop
    for (;;) {
        std::span<char> const memory = room();
        if (memory.empty()) return;
        auto const got = socket.read(memory, wake);
        if (got.status == io::ReadStatus::interrupted) {
            if (!runner.stopsGracefully()) return;
            auto pending = socket.pending();
            for (auto rest = memory; pending > 0 && !rest.empty(); rest = room()) {
                auto const bytes = socket.takePending(rest.first(rest.size() < pending ? rest.size() : pending));
                if (bytes == 0) return;
                take(bytes);
                pending -= bytes;
                if (pending == 0) return;
            }
            return;
        }
        if (got.status == io::ReadStatus::end) {
            std::size_t const rest = left();
            Digits const bytes{rest};
            throw StreamError{concat({"the connection to ", socket.peer(), " was closed by the server",
                                      rest > 0 ? " within a record, of which it had sent " : "", rest > 0 ? bytes.text() : "",
                                      rest > 0 ? " bytes" : ""})};
        }
        take(got.bytes);
    }
}

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/sources/detail/connection.ipp>
#endif
