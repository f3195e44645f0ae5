#pragma once

#include <sluice/checkpoint.hpp>
#include <sluice/sluice.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A program that ends and begins again, by a clock that the test moves.

using Texts = std::vector<std::string>;
using Batches = std::map<int, Texts>;  // by seconds

template <>
struct doctest::StringMaker<Batches> {
    static doctest::String convert(Batches const& batches)
    {
        std::string text;
        for (auto const& [second, lines] : batches) {
            text += std::to_string(second) + " s:";
            for (auto const& line : lines) text += " [" + line + "]";
            text += "; ";
        }
        return text.c_str();
    }
};
template <>
struct doctest::StringMaker<Texts> {
    static doctest::String convert(Texts const& texts) { return doctest::StringMaker<Batches>::convert({{0, texts}}); }
};

inline int countOf(Texts const& all, std::string_view part)
{
    int n = 0;
    for (auto const& text : all) n += text.find(part) != std::string::npos ? 1 : 0;
    return n;
}

/// One process's life, which begins at a time and runs batches of a second, of a stream of text that `make` makes; it dies in one of them,
/// if it is to.
struct OneLife {
    Texts warnings;
    Texts hints;
    Batches batches;  // those with records

    template <class Make>
    OneLife(std::string const& checkpoints, int begin, int end, int diesIn, sluice::Config config, Make const& make)
    {
        using namespace sluice;
        std::mutex mutex;
        ManualClock clock{Time{std::chrono::seconds{begin}}};
        config.clock = clock;
        config.onBatchFailure = sluice::stop;
        config.log = [&](LogEntry const& entry) {
            std::lock_guard const lock{mutex};
            (entry.level == LogLevel::info ? hints : warnings).push_back(entry.text);
        };
        StreamingContext ssc{std::move(config), std::chrono::seconds{1}};
        checkpoint(ssc, checkpoints);
        make(ssc) | foreachRDD([&](auto batch, Time t) {
            auto const second = static_cast<int>(t.milliseconds() / 1000);
            auto lines = batch | collect();
            if (!lines.empty()) batches[second] = lines;
            if (second == diesIn) throw std::runtime_error{"dies"};
        });
        ssc.start();
        for (int t = begin; t < end; ++t) {
            clock.advance(std::chrono::seconds{1});
            ssc.awaitBatches();
        }
        ssc.stop();
    }
};
