#pragma once

#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/split.hpp>
#include <sluice/testing/run_batches.hpp>

#include "laws.hpp"

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>

// What tests of wide operators ask for.

namespace sluice::tests {

using Pair = std::pair<int, int>;
using Pairs = std::vector<Pair>;

/// Sends a number to its remainder, or goes wrong, and counts how often it is asked. Of one type, which operators are compiled with once.
struct ByRemainder {
    enum class Answer { right, beyond, none };

    std::size_t n = 3;
    Answer answer = Answer::right;

    [[nodiscard]] std::size_t numPartitions() const { return n; }
    [[nodiscard]] std::size_t partition(long key) const
    {
        ++asked;
        if (answer == Answer::none) throw std::runtime_error{"no idea"};
        return answer == Answer::beyond ? n : static_cast<std::size_t>(key) % n;
    }
    bool operator==(ByRemainder const&) const = default;

    static inline std::atomic<int> asked = 0;
};

/// Answers a partition that there is not.
inline constexpr ByRemainder beyond{2, ByRemainder::Answer::beyond};
/// Knows of no key where it belongs.
inline constexpr ByRemainder clueless{2, ByRemainder::Answer::none};

/// How often it is asked in run().
template <class F>
int askedIn(F&& run)
{
    ByRemainder::asked = 0;
    run();
    return ByRemainder::asked;
}

/// What run() throws says.
template <class F>
std::string messageOf(F&& run)
{
    try {
        run();
    } catch (std::exception const& error) {
        return error.what();
    }
    return "nothing was thrown";
}

inline bool says(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

/// What a pipeline gives, content and order, depends neither on who runs it nor on how many.
template <class In, class F>
bool sameOnAllMasters(testing::Batches<In> const& in, F const& pipeline)
{
    auto const run = [&](std::string const& master) { return testing::runBatches<In>(in, pipeline, {.partitions = 4, .master = master}); };
    auto const once = run("inline");
    return run("local[1]") == once && run("local[2]") == once && run("local[4]") == once;
}

/// Each batch in order: what a window gives has none.
template <class T>
testing::Batches<T> sorted(testing::Batches<T> batches)
{
    for (std::size_t i = 0; i < batches.size(); ++i) {
        if (!batches[i]) continue;
        auto records = *batches[i];
        std::sort(records.begin(), records.end());
        batches.set(i, std::move(records));
    }
    return batches;
}

/// The same of two inputs.
template <class In, class In2, class F>
bool sameOnAllMasters(testing::Batches<In> const& in, testing::Batches<In2> const& in2, F const& pipeline)
{
    auto const run = [&](std::string const& master) {
        return testing::runBatches<In, In2>(in, in2, pipeline, {.partitions = 4, .master = master});
    };
    auto const once = run("inline");
    return run("local[1]") == once && run("local[2]") == once && run("local[4]") == once;
}

/// How a pipeline of two streams fails that belong to different contexts.
template <class T, class F>
std::string messageOfContexts(F const& pipeline)
{
    ManualClock const clock;
    StreamingContext here{{.clock = clock, .exclusive = false}, std::chrono::seconds{1}};
    StreamingContext there{{.clock = clock, .exclusive = false}, std::chrono::seconds{1}};
    return messageOf([&] { static_cast<void>(pipeline(testing::literalStream<T>(here, {}), testing::literalStream<T>(there, {}))); });
}

/// n pairs of keys below `keys`, the same on every machine.
inline Pairs somePairs(int n, int keys, unsigned seed = 1)
{
    Pairs pairs;
    auto state = seed;
    for (int i = 0; i < n; ++i) {
        state = state * 1664525U + 1013904223U;
        pairs.emplace_back(static_cast<int>((state >> 8) % static_cast<unsigned>(keys)), i);
    }
    return pairs;
}

/// Text that is made on the way.
inline constexpr auto lower = [](std::string_view line) {
    std::string text(line);
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return text;
};

/// Words with their first letter: views into text that does not last.
inline auto lettersAndWords()
{
    return map(lower) | flatMap(split()) | map([](std::string_view word) { return std::pair{word.substr(0, 1), word}; });
}

}  // namespace sluice::tests
