#pragma once

#include <sluice/testing/harness.hpp>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

/// A server of the test, and a context whose stream reads from it: that stream is made, and the harness started, by who derives from this.
struct SocketReader {
    sluice::io::Wakeup wake;
    sluice::io::Listener listener;
    std::mutex mutex;
    std::vector<std::string> told;  // by the log
    sluice::testing::Harness harness;
    std::vector<std::string> records;  // of the last batch

    explicit SocketReader(sluice::Config config = {}) : harness(with(std::move(config))) {}

    sluice::io::Socket accept() { return listener.accept(wake); }

    /// The records of the next batch, once so many have come in all.
    std::vector<std::string> next(std::int64_t received)
    {
        harness.awaitReceived(received);
        records.clear();
        harness.advance(std::chrono::seconds{1});
        return records;
    }
    bool hasTold(std::string const& part)
    {
        std::lock_guard const lock{mutex};
        for (auto const& text : told) {
            if (text.find(part) != std::string::npos) return true;
        }
        return false;
    }
    void awaitTold(std::string const& part)
    {
        harness.await(part, [&] { return hasTold(part); });
    }

private:
    sluice::Config with(sluice::Config config)
    {
        config.log = [this](sluice::LogEntry const& entry) {
            std::lock_guard const lock{mutex};
            told.push_back(entry.text);
        };
        return config;
    }
};
