#pragma once

#include <sluice/io/socket.hpp>
#include <sluice/io/thread.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <poll.h>

/// A server on loopback that plays a text to the first client that comes, line by line, again and again, until told to
/// stop. What `nc` and somebody's keyboard are in the first chapter of every guide.
class Player {
public:
    Player(std::vector<std::string> lines, double linesPerSecond)
        : lines_(std::move(lines)), pause_(1 / linesPerSecond), thread_(sluice::io::startThread("player", {}, [this] { play(); }))
    {
    }
    ~Player() { finish(); }

    [[nodiscard]] int port() const { return listener_.port(); }

    /// Sends nothing more, and says how many lines went out.
    std::int64_t finish()
    {
        wake_.notify();
        if (thread_.joinable()) thread_.join();
        return sent_;
    }

private:
    void play()
    {
        auto const client = listener_.accept(wake_);
        if (!client) return;
        auto const begin = std::chrono::steady_clock::now();
        for (std::size_t i = 0;; ++i) {
            if (!client.writeAll(lines_[i % lines_.size()] + '\n', wake_)) return;
            ++sent_;
            auto const next = begin + static_cast<double>(sent_) * pause_;
            auto const rest = std::chrono::duration<double, std::milli>(next - std::chrono::steady_clock::now()).count();
            pollfd waiting{wake_.fd(), POLLIN, 0};
            if (::poll(&waiting, 1, rest > 0 ? static_cast<int>(rest) : 0) > 0) return;
        }
    }

    std::vector<std::string> lines_;
    std::chrono::duration<double> pause_;
    std::int64_t sent_ = 0;
    sluice::io::Wakeup wake_;
    sluice::io::Listener listener_;
    std::thread thread_;
};
