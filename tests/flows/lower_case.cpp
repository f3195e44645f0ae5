#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/split.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <string>

using namespace sluice;
using testing::Batches;

// Text that is made on the way, and views into it: they live for one push, and what must last is kept by the library.

namespace {

using Counts = std::map<std::string, int>;
using Pair = std::pair<std::string_view, int>;

std::string lower(std::string_view text)
{
    std::string out{text};
    for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return out;
}

constexpr auto toLower = [](std::string const& text) { return lower(text); };
constexpr auto withOne = [](std::string_view word) { return Pair{word, 1}; };

/// Lines of few long and many short words, in upper and lower case.
Batches<std::string> randomText()
{
    std::mt19937 random{21};
    Batches<std::string> batches;
    for (int b = 0; b < 4; ++b) {
        std::vector<std::string> lines(random() % 200);
        for (auto& line : lines) {
            for (auto words = random() % 6; words > 0; --words) {
                std::string const word(random() % 4 == 0 ? 40 : 2, static_cast<char>('a' + random() % 9));
                line += (random() % 2 == 0 ? word : lower(word)) + "  ";
                if (random() % 2 == 0) line[0] = static_cast<char>(line[0] == ' ' ? ' ' : 'A' + (line[0] | 32) - 'a');
            }
        }
        batches.push_back(std::move(lines));
    }
    return batches;
}

Counts oracle(std::vector<std::string> const& lines)
{
    Counts counts;
    for (auto const& line : lines) {
        std::string word;
        for (char const c : lower(line) + ' ') {
            if (c != ' ') word += c;
            else if (!word.empty()) ++counts[std::exchange(word, {})];
        }
    }
    return counts;
}

/// Runs it over random text, and compares each batch with the oracle.
template <class F>
void check(std::string const& master, F const& build)
{
    auto const in = randomText();
    auto const out = testing::runBatches(in, build, {.partitions = 3, .master = master});
    REQUIRE(out.size() == in.size());
    for (std::size_t b = 0; b < in.size(); ++b) {
        Counts const got((*out[b]).begin(), (*out[b]).end());
        CHECK(got == oracle(*in[b]));
        CHECK(got.size() == (*out[b]).size());
    }
}

}  // namespace

TEST_CASE("words of text that is made on the way are counted")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        check(master, [](auto lines) { return lines | map(toLower) | flatMap(split()) | map(withOne) | reduceByKey(std::plus{}); });
    }
}

TEST_CASE("the same with any stream at each border")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        check(master, [](DStream<std::string> lines) {
            DStream<std::string> const low = lines | map(toLower);
            DStream<std::string_view> const words = low | flatMap(split());
            DStream<Pair> const pairs = words | map(withOne);
            DStream<Pair> const counts = pairs | reduceByKey(std::plus{});
            return counts;
        });
    }
}
