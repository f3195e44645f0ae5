#include <sluice/checkpoint/keyed_window_keeper.hpp>
#include <sluice/checkpoint/state_of.hpp>
#include <sluice/sluice.hpp>

#include "../io/temporary.hpp"
#include "lived.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// By the length of a key, into so many partitions; a new version may turn them.
struct ByLength {
    std::size_t partitions = 3;
    std::size_t turn = 0;

    std::size_t numPartitions() const { return partitions; }
    std::size_t partition(std::string_view key) const { return (key.size() + turn) % partitions; }
    bool operator==(ByLength const&) const = default;
};

auto const sums = [](auto rows) { return rows | reduceByKeyAndWindow(std::plus{}, 4s) | named("w") | checkpoint(); };
auto const sumsWithInverse = [](auto rows) {
    return rows | reduceByKeyAndWindow(std::plus{}, std::minus{}, 4s) | named("w") | checkpoint();
};

template <class Record>
std::vector<std::vector<Record>> sorted(std::vector<std::vector<Record>> batches)
{
    for (auto& batch : batches) std::sort(batch.begin(), batch.end());
    return batches;
}

std::vector<Rows> randomRows(unsigned seed, std::size_t batches)
{
    std::mt19937 random{seed};
    std::vector<Rows> all(batches);
    for (auto& rows : all) {
        auto const size = random() % 5 == 0 ? 0 : random() % 9;
        for (unsigned i = 0; i < size; ++i) {
            auto const key = random() % 11;
            rows.emplace_back(std::string(1 + key % 4, static_cast<char>('a' + key)), static_cast<std::int64_t>(random() % 100));
        }
    }
    return all;
}

/// The sums of the last `length` batches of each batch, computed plainly.
std::vector<Rows> plainSums(std::vector<Rows> const& batches, std::size_t length)
{
    std::vector<Rows> all;
    for (std::size_t i = 0; i < batches.size(); ++i) {
        std::map<std::string, std::int64_t> sum;
        for (auto k = i + 1 < length ? 0 : i + 1 - length; k <= i; ++k) {
            for (auto const& [key, value] : batches[k]) sum[key] += value;
        }
        all.emplace_back(sum.begin(), sum.end());
    }
    return all;
}

/// Lives that differ in workers and partitions, one behind another, each with five batches.
template <class BuildOf>
void holdAcross(BuildOf const& buildOf)
{
    std::string const masters[] = {"local[2]", "inline", "local[3]", "local[3]", "local[2]", "inline"};
    auto const batches = randomRows(7, 30);
    Temporary const folder;
    std::vector<Rows> seen;
    for (std::size_t life = 0; life < 6; ++life) {
        auto const begin = batches.begin() + static_cast<std::ptrdiff_t>(5 * life);
        for (auto& batch : lived<Row>(folder.path("x"), {.begin = static_cast<int>(5 * life) * 1s, .master = masters[life]},
                                      {begin, begin + 5}, buildOf(life))) {
            seen.push_back(std::move(batch));
        }
    }
    CHECK(sorted(seen) == plainSums(batches, 4));
}

}  // namespace

TEST_CASE("workers and partitions may be others, whoever says how many")
{
    holdAcross([](std::size_t) { return sums; });
    holdAcross([](std::size_t) { return sumsWithInverse; });
    holdAcross([](std::size_t life) {
        return [life](auto rows) { return rows | reduceByKeyAndWindow(std::plus{}, 4s, {}, 1 + life % 3) | named("w") | checkpoint(); };
    });
    holdAcross([](std::size_t life) {  // each key stays where it is
        return [life](auto rows) {
            return rows | partitionBy(2 + life % 2) | reduceByKeyAndWindow(std::plus{}, std::minus{}, 4s) | named("w") | checkpoint();
        };
    });
}

TEST_CASE("keys are placed anew where a partitioner answers otherwise, or another number")
{
    holdAcross([](std::size_t life) {
        return [life](auto rows) {
            return rows | reduceByKeyAndWindow(std::plus{}, 4s, {}, ByLength{3 + life / 4, life % 2}) | named("w") | checkpoint();
        };
    });
    holdAcross([](std::size_t life) {
        return [life](auto rows) {
            return rows | reduceByKeyAndWindow(std::plus{}, std::minus{}, 4s, {}, ByLength{3, life / 2}) | named("w") | checkpoint();
        };
    });
}

TEST_CASE("a partitioner that the window does not know is taken for the one before; where it cannot be, that is told")
{
    Temporary const folder;
    auto const by = [](std::size_t partitions) {
        return [partitions](auto rows) {
            return rows | partitionBy(ByLength{partitions}) | reduceByKeyAndWindow(std::plus{}, 4s) | named("w") | checkpoint();
        };
    };
    lived<Row>(folder.path("x"), {}, {{{"a", 1}, {"bb", 2}}}, by(3));
    CHECK(sorted(lived<Row>(folder.path("x"), {.begin = 1s}, {{{"a", 10}}}, by(3))) == std::vector<Rows>{{{"a", 11}, {"bb", 2}}});
    CHECK_THROWS_WITH_AS(lived<Row>(folder.path("x"), {.begin = 2s}, {{{"a", 10}}, {}}, by(4)),
                         doctest::Contains("its batches are partitioned by a partitioner, and what was kept of it is not"), StreamError);
}

TEST_CASE("an inverse neither comes nor goes, and a window is none of another kind")
{
    Temporary const folder;
    lived<Row>(folder.path("x"), {}, {{{"a", 1}}}, sums);
    CHECK_THROWS_WITH_AS(
        lived<Row>(folder.path("x"), {.begin = 1s}, {}, sumsWithInverse),
        doctest::Contains("it was written by another operator, as entries of {keys and batches of a window: int64}, and this one writes "
                          "{keys and batches of a window with an inverse: int64}"),
        StreamError);
    CHECK_THROWS_WITH_AS(
        lived<Row>(folder.path("x"), {.begin = 1s}, {}, [](auto rows) { return rows | window(2s) | named("w") | checkpoint(); }),
        doctest::Contains("sluice::window \"w\""), StreamError);
    CHECK_THROWS_WITH_AS(static_cast<void>(stateOf<std::string, std::int64_t>(folder.path("x"), "w")),
                         doctest::Contains("{keys and batches of a window: int64}"), StreamError);
    CHECK(lived<Row>(folder.path("x"), {.begin = 1s}, {{}}, sums) == std::vector<Rows>{{{"a", 1}}});  // nothing was lost
}

TEST_CASE("keys and values of another type are read, and written as they are now")
{
    for (bool const inverse : {false, true}) {
        Temporary const folder;
        auto const as = [inverse](auto key, auto value) {
            return [=](auto rows) {
                auto const pairs = rows | map([=](Row const& row) {
                                       return std::pair{static_cast<decltype(key)>(row.first[0]), static_cast<decltype(value)>(row.second)};
                                   });
                if (inverse) {
                    return DStream<std::pair<decltype(key), decltype(value)>>{
                        pairs | reduceByKeyAndWindow(std::plus{}, std::minus{}, 4s, 1s) | named("w") | checkpoint()};
                }
                return DStream<std::pair<decltype(key), decltype(value)>>{pairs | reduceByKeyAndWindow(std::plus{}, 4s, 1s) | named("w") |
                                                                          checkpoint()};
            };
        };
        using Narrow = std::pair<std::int16_t, std::int32_t>;
        using Wide = std::pair<std::int64_t, std::int64_t>;
        auto const narrow = as(std::int16_t{}, std::int32_t{});
        auto const wide = as(std::int64_t{}, std::int64_t{});
        lived<Narrow>(folder.path("x"), {}, {{{"a", 1}, {"b", 2}}, {{"a", 10}}}, narrow);
        auto const later = sorted(lived<Wide>(folder.path("x"), {.begin = 2s}, {{{"b", 20}}, {}}, wide));
        CHECK(later == std::vector<std::vector<Wide>>{{{'a', 11}, {'b', 22}}, {{'a', 11}, {'b', 22}}});
        CHECK(sorted(lived<Wide>(folder.path("x"), {.begin = 4s}, {{{"c", 5}}, {}}, wide)) ==
              std::vector<std::vector<Wide>>{{{'a', 10}, {'b', 20}, {'c', 5}}, {{'b', 20}, {'c', 5}}});
    }
}

TEST_CASE("a function that throws leaves a window that goes on, in another process, too")
{
    for (bool const inverse : {false, true}) {
        auto const batches = randomRows(3, 24);
        bool throws = false;
        auto const build = [&](auto rows) {
            auto const plus = [&](std::int64_t a, std::int64_t b) {
                if (throws && (a + b) % 3 == 0) throw std::runtime_error{"no"};
                return a + b;
            };
            auto const minus = [&](std::int64_t a, std::int64_t b) {
                if (throws && (a + b) % 2 == 0) throw std::runtime_error{"no"};
                return a - b;
            };
            if (inverse) return DStream<Row>{rows | reduceByKeyAndWindow(plus, minus, 5s) | named("w") | checkpoint()};
            return DStream<Row>{rows | reduceByKeyAndWindow(plus, 5s) | named("w") | checkpoint()};
        };
        auto const run = [&](std::string const& directory, std::size_t from, std::size_t to) {
            ManualClock clock{Time{static_cast<int>(from) * 1s}};
            StreamingContext ssc{{.master = "inline", .onBatchFailure = proceed, .clock = clock, .log = silent}, 1s};
            if (!directory.empty()) checkpoint(ssc, directory);
            RDDQueue<Row> queue;
            std::vector<Rows> seen;
            build(queueStream(ssc, queue)) | foreachRDD([&](auto batch) { seen.push_back(batch | collect()); });
            ssc.start();
            for (auto i = from; i < to; ++i) {
                throws = i % 5 == 3;
                queue.push(batches[i]);
                clock.advance(1s);
            }
            throws = false;
            ssc.stop({.gracefully = true});
            return seen;
        };
        auto const endless = run("", 0, batches.size());
        CHECK(endless.size() < batches.size());  // some have failed
        Temporary const folder;
        std::vector<Rows> seen;
        for (std::size_t i = 0; i < batches.size(); i += 3) {
            for (auto& batch : run(folder.path("x"), i, i + 3)) seen.push_back(std::move(batch));
        }
        CHECK(sorted(seen) == sorted(endless));
    }
}

TEST_CASE("what is written follows the batch, not the window")
{
    for (auto const length : {2s, 100s}) {
        Temporary const folder;
        std::vector<Rows> batches;
        for (std::int64_t i = 0; i < 150; ++i) batches.push_back({{"a" + std::to_string(i % 40), i}, {"b", i}});
        auto const both = [length](auto rows) {
            auto const with = rows | reduceByKeyAndWindow(std::plus{}, std::minus{}, length) | named("inverse") | checkpoint();
            return with | unionWith(rows | reduceByKeyAndWindow(std::plus{}, length) | named("plain") | checkpoint());
        };
        lived<Row>(folder.path("x"), {}, batches, both);
        std::uintmax_t bytes = 0;
        for (auto const& file : std::filesystem::directory_iterator{folder.path("x")}) bytes += std::filesystem::file_size(file);
        CHECK(bytes < 150 * 500);
    }
}
