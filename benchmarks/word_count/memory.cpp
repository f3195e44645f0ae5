#include <sluice/batch/rdd.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/split.hpp>

#include "words.hpp"

#include <fstream>
#include <sstream>

#if __has_include(<boost/unordered/unordered_flat_map.hpp>)
#include <boost/unordered/unordered_flat_map.hpp>
#define WORD_COUNT_WITH_FLAT_MAP
#endif

// Words of a text in memory, counted by one thread: a batch against the loop that somebody would write by hand, which
// looks words up as views and copies each once. Nothing is required of the times; the counts have to be right.

namespace {

using Lines = std::vector<std::string_view>;

struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
};
using StdMap = std::unordered_map<std::string, int, Hash, std::equal_to<>>;

template <class Map>
Map byHand(Lines const& lines)
{
    Map counts;
    for (auto const line : lines) {
        word_count::forEachWord(line, [&](std::string_view word) {
            if (auto const at = counts.find(word); at != counts.end()) ++at->second;
            else counts.emplace(word, 1);
        });
    }
    return counts;
}

auto bySluice(Lines const& lines)
{
    using namespace sluice;
    return rdd(lines) | flatMap(split()) | map([](auto word) { return std::pair{word, 1}; }) | reduceByKey(std::plus{});
}

struct Rival {
    std::string name;
    std::function<std::size_t(Lines const&)> distinct;
    std::function<word_count::Counts(Lines const&)> counts;
};

template <class Map>
Rival handwritten(std::string name)
{
    return {std::move(name), [](Lines const& lines) { return byHand<Map>(lines).size(); },
            [](Lines const& lines) {
                auto const counted = byHand<Map>(lines);
                return word_count::Counts(counted.begin(), counted.end());
            }};
}

bool compare(char const* name, Lines const& lines)
{
    std::vector<Rival> const rivals{
        handwritten<StdMap>("std::unordered_map"),
#ifdef WORD_COUNT_WITH_FLAT_MAP
        handwritten<boost::unordered_flat_map<std::string, int, Hash, std::equal_to<>>>("boost::unordered_flat_map"),
#endif
        {"sluice", [](Lines const& all) { return static_cast<std::size_t>(bySluice(all) | sluice::count()); },
         [](Lines const& all) {
             word_count::Counts counts;
             bySluice(all) | sluice::foreach ([&](std::string_view word, int n) { counts[std::string(word)] += n; });
             return counts;
         }},
    };
    word_count::Counts expected;
    for (auto const line : lines) word_count::countPlainly(line, expected);
    std::int64_t words = 0;
    for (auto const& [word, n] : expected) words += n;

    std::vector<bench::Rival> racing;
    for (auto const& rival : rivals) {
        if (rival.counts(lines) != expected) return std::printf("%s: %s counts otherwise\n", name, rival.name.c_str()), false;
        racing.push_back({rival.name, [&] { bench::keep(rival.distinct(lines)); }});
    }
    auto const times = bench::race(racing, 11);
    std::printf("%s: %lld words, %zu of them distinct\n", name, static_cast<long long>(words), expected.size());
    for (std::size_t i = 0; i < racing.size(); ++i) {
        std::printf("  %-26s %6.1f ns a word, %.2f\n", racing[i].name.c_str(), 1e9 * times.median[i] / static_cast<double>(words),
                    times.ratio(i, 0));
    }
    return true;
}

}  // namespace

int main()
{
    std::ostringstream poem;
    poem << std::ifstream{SLUICE_EXAMPLE_TEXT}.rdbuf();
    auto const text = poem.str();
    if (text.empty()) return std::printf("%s is empty\n", SLUICE_EXAMPLE_TEXT), 1;
    Lines repeated;
    for (int i = 0; i < 1000; ++i) {
        for (std::size_t at = 0; at < text.size();) {
            auto const end = std::min(text.find('\n', at), text.size());
            repeated.push_back(std::string_view{text}.substr(at, end - at));
            at = end + 1;
        }
    }
    auto const random = word_count::makeLines(1'000'000 / 13 * 2, 100'000, 1);

    bool const same = compare("The Raven, a thousand times", repeated);
    return compare("Zipf's law", {random.begin(), random.end()}) && same ? 0 : 1;
}
