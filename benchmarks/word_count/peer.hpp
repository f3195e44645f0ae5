#pragma once

#include <sluice/io/socket.hpp>

#include "words.hpp"

#include <cstdlib>

#include <sys/wait.h>
#include <unistd.h>

namespace word_count {

/// What the peer sends: so many lines, cut off in the middle of one so many times, and one line of this size.
struct Plan {
    std::int64_t lines;
    int closes;
    std::size_t longLine;
};

/// What has been sent, as the peer logged it.
struct Sent {
    std::int64_t lines = 0;
    Counts counts;
};

/// A process of its own that serves a plan to whoever connects, as fast as the socket takes it.
class Peer {
public:
    explicit Peer(Plan plan)
    {
        int ends[2];
        if (::pipe(ends) != 0) std::abort();
        sluice::io::Listener listener;
        port_ = listener.port();
        child_ = ::fork();
        if (child_ == 0) {
            ::close(ends[0]);
            serve(listener, plan, ends[1]);
            ::_exit(0);
        }
        ::close(ends[1]);
        log_ = ends[0];
    }

    [[nodiscard]] int port() const { return port_; }

    /// Waits for the end, and reads the log.
    Sent finish()
    {
        std::string text;
        char buffer[1 << 16];
        for (ssize_t n = 0; (n = ::read(log_, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(n));
        ::close(log_);
        ::waitpid(child_, nullptr, 0);
        Sent sent;
        for (std::size_t at = 0; at < text.size();) {
            auto const end = text.find('\n', at);
            auto const tab = text.find('\t', at);
            auto const count = std::stoll(text.substr(tab + 1, end - tab - 1));
            if (tab == at) sent.lines = count;
            else sent.counts[text.substr(at, tab - at)] = count;
            at = end + 1;
        }
        return sent;
    }

private:
    static void serve(sluice::io::Listener const& listener, Plan const& plan, int log)
    {
        auto const pool = makeLines(1 << 15, 50'000, 1);
        std::vector<std::int64_t> times(pool.size());
        Sent sent;
        sluice::io::Wakeup const never;
        auto const perConnection = plan.lines / (plan.closes + 1) + 1;
        std::string buffer;
        while (sent.lines < plan.lines) {
            auto const socket = listener.accept(never);
            for (std::int64_t i = 0; i < perConnection && sent.lines < plan.lines; ++i, ++sent.lines) {
                auto const k = static_cast<std::size_t>(sent.lines * 2654435761 % static_cast<std::int64_t>(pool.size()));
                auto const& line = pool[k];
                if (sent.lines == plan.lines / 2) {
                    // One line that no buffer holds.
                    socket.writeAll(buffer);
                    std::string huge;
                    huge.reserve(plan.longLine + 128);
                    while (huge.size() < plan.longLine) huge += line + ' ';
                    countPlainly(huge, sent.counts);
                    huge += '\n';
                    socket.writeAll(huge);
                    buffer.clear();
                } else if (i + 1 == perConnection) {
                    // The connection is cut in the middle of a line: what went out of it is a line.
                    auto const part = std::string_view{line}.substr(0, line.size() / 2 + 1);
                    countPlainly(part, sent.counts);
                    buffer += part;
                } else {
                    ++times[k];
                    buffer += line;
                    buffer += '\n';
                }
                if (buffer.size() > std::size_t{1} << 17) {
                    socket.writeAll(buffer);
                    buffer.clear();
                }
            }
            socket.writeAll(buffer);
            buffer.clear();
        }
        for (std::size_t k = 0; k < pool.size(); ++k) {
            if (times[k] > 0) countPlainly(pool[k], sent.counts, times[k]);
        }
        std::string text = '\t' + std::to_string(sent.lines) + '\n';
        for (auto const& [word, count] : sent.counts) text += word + '\t' + std::to_string(count) + '\n';
        for (std::size_t at = 0; at < text.size();) {
            auto const n = ::write(log, text.data() + at, text.size() - at);
            if (n <= 0) ::_exit(1);
            at += static_cast<std::size_t>(n);
        }
    }

    int port_ = 0;
    int log_ = -1;
    ::pid_t child_ = -1;
};

}  // namespace word_count
