#include <sluice/checkpoint.hpp>
#include <sluice/sluice.hpp>
#include <sluice/storage.hpp>

#include "../io/temporary.hpp"
#include "lived.hpp"
#include "started.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

// What later batches need of earlier ones that a cache has: a window keeps them for itself, whatever it stands behind; a slice does not.

using namespace sluice;
using namespace std::chrono_literals;

namespace {

using Sums = std::vector<std::vector<Row>>;

template <class Cache>
auto windowBehind(Cache const& cached)
{
    return [cached](auto rows) {
        auto const kept = rows | map([](Row const& row) { return Row{row.first + "!", 2 * row.second}; }) | cached;
        kept | count() | print(0);  // another that stands behind it
        return kept | window(3s) | named("window") | checkpoint();
    };
}

/// A life whose batches slice a stream that is cached: how many batches that gives, and what the log says.
struct Sliced {
    std::vector<std::size_t> batches;
    std::vector<std::string> said;
};
Sliced sliced(std::string const& directory, Time begin, int batches)
{
    Sliced seen;
    ManualClock clock{begin};
    StreamingContext ssc{{.master = "inline",
                          .clock = clock,
                          .log =
                              [&](LogEntry const& entry) {
                                  if (entry.level == LogLevel::warning) seen.said.push_back(entry.text);
                              }},
                         1s};
    if (!directory.empty()) checkpoint(ssc, directory);
    ssc.remember(5s);
    RDDQueue<Row> queue;
    auto const rows = queueStream(ssc, queue) | cache();
    rows | foreachRDD([&](auto const&, Time t) { seen.batches.push_back(slice(rows, t - 2s, t).size()); });
    ssc.start();
    for (int i = 0; i < batches; ++i) {
        queue.push({{"a", 1}});
        clock.advance(1s);
    }
    ssc.stop();
    std::erase_if(seen.said, [](std::string const& text) { return text.find("are left out") == std::string::npos; });
    return seen;
}

}  // namespace

TEST_CASE("a window behind a cache has the batches of the process before")
{
    auto const run = [](auto const& build) {
        Temporary const folder;
        auto const first_ = lived<Row>(folder.path("x"), {}, {{{"a", 1}}, {{"b", 2}}}, build);
        CHECK(first_.back() == std::vector<Row>{{"a!", 2}, {"b!", 4}});
        auto const second = lived<Row>(folder.path("x"), {.begin = 2s}, {{{"c", 3}}, {{"d", 4}}}, build);
        CHECK(second == Sums{{{"a!", 2}, {"b!", 4}, {"c!", 6}}, {{"b!", 4}, {"c!", 6}, {"d!", 8}}});
    };
    run(windowBehind(cache()));
    run(windowBehind(cache(Storage::disk)));
    run(windowBehind(cache(Storage::memoryThenDisk)));
}

TEST_CASE("a cache of a window that is kept has it again")
{
    Temporary const folder;
    auto const build = [](auto rows) { return rows | window(3s) | named("window") | checkpoint() | cache(); };
    CHECK(lived<Row>(folder.path("x"), {}, {{{"a", 1}}, {{"b", 2}}}, build).back() == std::vector<Row>{{"a", 1}, {"b", 2}});
    auto const second = lived<Row>(folder.path("x"), {.begin = 2s, .master = "local[2]"}, {{{"c", 3}}}, build);
    CHECK(second == Sums{{{"a", 1}, {"b", 2}, {"c", 3}}});
}

TEST_CASE("a slice of batches of the process before has none of them, and the log says so")
{
    Temporary const folder;
    auto const before = sliced(folder.path("x"), Time{0s}, 3);
    CHECK(before.batches == std::vector<std::size_t>{1, 2, 3});
    CHECK(before.said.empty());  // before the first batch there was none
    auto const after = sliced(folder.path("x"), Time{3s}, 3);
    CHECK(after.batches == std::vector<std::size_t>{1, 2, 3});
    REQUIRE(after.said.size() == 2);
    CHECK(has(after.said[0], "the batches from 2000 ms to 3000 ms are left out: they were those of the process before"));
    CHECK(has(after.said[1], "the batches from 3000 ms to 3000 ms are left out"));
    CHECK(sliced("", Time{3s}, 3).said.empty());
}
