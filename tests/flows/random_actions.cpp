#include <sluice/operators.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <random>

using namespace sluice;

// Every action on random batches against plain loops: whatever expression the batch is, however it is cut into partitions, and
// with any number of workers.

namespace {

using Record = std::pair<int, int>;
using Records = std::vector<Record>;

/// A batch that is random, and the records that it has, in order.
struct Case {
    RDD<Record> batch;
    Records records;
};

Case randomCase(std::mt19937& random)
{
    Records records(random() % 40);
    for (auto& [k, v] : records) {
        k = static_cast<int>(random() % 9);
        v = static_cast<int>(random() % 100) - 50;
    }
    auto const partitions = 1 + random() % 6;
    auto const less = static_cast<int>(random() % 7);
    switch (random() % 4) {
        case 0: return {rdd(Records(records), partitions), records};
        case 1: {
            auto const keep = [less](Record const& r) { return r.first >= less; };
            Case out{rdd(Records(records), partitions) | filter(keep), {}};
            std::copy_if(records.begin(), records.end(), std::back_inserter(out.records), keep);
            return out;
        }
        case 2: {
            Case out{rdd(Records(records), partitions) | flatMap([less](Record const& r) {
                         return Records(static_cast<std::size_t>(r.first % 3), {r.first, r.second + less});
                     }),
                     {}};
            for (auto const& r : records)
                out.records.insert(out.records.end(), static_cast<std::size_t>(r.first % 3), {r.first, r.second + less});
            return out;
        }
        default: {
            Case out{rdd(Records(records), partitions) | unionWith(rdd(Records(records), 2) | mapValues([](int v) { return -v; })),
                     records};
            for (auto const& [k, v] : records) out.records.emplace_back(k, -v);
            return out;
        }
    }
}

constexpr auto second = [](Record const& r) { return r.second; };
constexpr auto bySecond = [](Record const& a, Record const& b) { return a.second < b.second; };

Records firstOf(Records records, std::size_t n)
{
    records.resize(std::min(n, records.size()));
    return records;
}

/// All actions on one batch.
void check(RDD<Record> const& batch, Records const& records, std::size_t n)
{
    std::vector<int> numbers;
    for (auto const& r : records) numbers.push_back(r.second);
    auto const values = batch | map(second);
    auto const total = std::accumulate(numbers.begin(), numbers.end(), std::int64_t{0});
    bool const none = records.empty();

    CHECK((batch | collect()) == records);
    CHECK((batch | count()) == static_cast<std::int64_t>(records.size()));
    CHECK((batch | isEmpty()) == none);
    CHECK((batch | take(n)) == firstOf(records, n));
    CHECK((values | fold(0, std::plus{})) == total);
    CHECK((values | sum()) == total);
    CHECK((values | aggregate(
                        std::int64_t{0}, [](std::int64_t all, int v) { return all + v % 7; }, std::plus{})) ==
          std::accumulate(numbers.begin(), numbers.end(), std::int64_t{0}, [](std::int64_t all, int v) { return all + v % 7; }));

    auto ascending = records;
    std::stable_sort(ascending.begin(), ascending.end(), bySecond);
    auto descending = records;
    std::stable_sort(descending.begin(), descending.end(), [](auto const& a, auto const& b) { return bySecond(b, a); });
    CHECK((batch | takeOrdered(n, bySecond)) == firstOf(ascending, n));
    CHECK((batch | top(n, bySecond)) == firstOf(descending, n));
    if (none) {
        CHECK_THROWS_AS(static_cast<void>(batch | first()), InvalidArgument);
        CHECK_THROWS_AS(static_cast<void>(values | reduce(std::plus{})), InvalidArgument);
        CHECK_THROWS_AS(static_cast<void>(batch | min(bySecond)), InvalidArgument);
        CHECK_THROWS_AS(static_cast<void>(batch | max(bySecond)), InvalidArgument);
        CHECK_THROWS_AS(static_cast<void>(values | mean()), InvalidArgument);
        CHECK((values | stats()).count() == 0);
    } else {
        CHECK((batch | first()) == records.front());
        CHECK((values | reduce(std::plus{})) == total);
        CHECK((batch | min(bySecond)) == ascending.front());
        CHECK((batch | max(bySecond)) == descending.front());
        CHECK((values | mean()) == static_cast<double>(total) / static_cast<double>(records.size()));
        auto const counted = values | stats();
        CHECK(counted.count() == static_cast<std::int64_t>(records.size()));
        CHECK(counted.mean() == doctest::Approx(values | mean()));
        CHECK(counted.min() == ascending.front().second);
        CHECK(counted.max() == ascending.back().second);
        double squares = 0;
        for (int const v : numbers) squares += (v - counted.mean()) * (v - counted.mean());
        CHECK(counted.variance() == doctest::Approx(squares / static_cast<double>(records.size())));
    }

    std::map<int, int> last;
    std::map<int, std::vector<int>> groups;
    for (auto const& [k, v] : records) {
        last[k] = v;
        groups[k].push_back(v);
    }
    CHECK((batch | collectAsMap()) == last);
    CHECK((batch | lookup(static_cast<int>(n))) == groups[static_cast<int>(n)]);

    std::mutex mutex;
    Records seen;
    std::size_t calls = 0;
    batch | foreach ([&](Record const& r) {
        std::scoped_lock const lock{mutex};
        seen.push_back(r);
    });
    std::vector<Records> parts(batch.numPartitions());
    batch | foreachPartition([&](auto part, std::size_t p) {
        parts[p] = part | collect();
        std::scoped_lock const lock{mutex};
        ++calls;
    });
    CHECK(std::is_permutation(seen.begin(), seen.end(), records.begin(), records.end()));
    CHECK(calls == batch.numPartitions());
    Records together;
    for (auto const& part : parts) together.insert(together.end(), part.begin(), part.end());
    CHECK(together == records);
}

}  // namespace

TEST_CASE("every action gives what a plain loop gives, of any expression and any partitions")
{
    std::mt19937 random{51};
    for (int round = 0; round < 200; ++round) {
        CAPTURE(round);
        auto const [batch, records] = randomCase(random);
        check(batch, records, random() % 12);
    }
}

TEST_CASE("and in a context with any number of workers, as they came and behind an exchange")
{
    for (auto const* const master : {"inline", "local[1]", "local[2]", "local[4]"}) {
        CAPTURE(master);
        std::mt19937 random{52};
        testing::Harness harness{{.master = master}};
        testing::Batches<Record> batches;
        for (int i = 0; i < 15; ++i) batches.push_back(randomCase(random).records);
        auto const stream = testing::literalStream<Record>(harness.context(), batches, 3);
        stream | foreachRDD([&](RDD<Record> const& batch, Time t) {
            auto const k = static_cast<std::size_t>(t.milliseconds() / 1000 - 1);
            check(batch, *batches[k], k);
        });
        stream | partitionBy(4) | foreachRDD([&](RDD<Record> const& batch, Time t) {
            auto const records = batch | collect();
            auto const k = static_cast<std::size_t>(t.milliseconds() / 1000 - 1);
            CHECK(std::is_permutation(records.begin(), records.end(), (*batches[k]).begin(), (*batches[k]).end()));
            check(batch, records, k);
        });
        harness.start();
        for (int i = 0; i < 15; ++i) harness.advance(std::chrono::seconds{1});
        harness.context().stop();
        harness.context().awaitTermination();  // throws what failed
    }
}

TEST_CASE("the order of records with NaN in them is the same however a batch is cut")
{
    std::mt19937 random{54};
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    using Pair = std::pair<std::optional<double>, double>;
    for (int round = 0; round < 50; ++round) {
        CAPTURE(round);
        std::vector<Pair> records(1 + random() % 20);
        auto const number = [&] { return random() % 4 == 0 ? nan : static_cast<double>(random() % 5); };
        for (auto& [a, b] : records) {
            if (random() % 4 != 0) a = number();
            b = number();
        }
        auto sorted = records;
        std::stable_sort(sorted.begin(), sorted.end(), [](Pair const& a, Pair const& b) { return detail::before(a, b); });
        auto const same = [](Pair const& a, Pair const& b) { return !detail::before(a, b) && !detail::before(b, a); };
        auto const equal = [&](std::vector<Pair> const& a, std::vector<Pair> const& b) {
            return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
        };
        for (std::size_t const n : {1U, 2U, 3U, 7U}) {
            auto const batch = rdd(std::vector<Pair>(records), n);
            CHECK(same(batch | min(), sorted.front()));
            CHECK(same(batch | max(), sorted.back()));
            CHECK(equal(
                batch | takeOrdered(5),
                std::vector<Pair>(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(5, sorted.size())))));
            CHECK(equal(batch | sortBy([](Pair const& p) { return p; }) | collect(), sorted));
            auto const falling = batch | top(records.size());
            CHECK(equal(std::vector<Pair>(falling.rbegin(), falling.rend()), sorted));
        }
    }
}

TEST_CASE("truth values are records as others are")
{
    auto const odd = rdd({1, 2, 3, 4, 5}, 3) | map([](int x) { return x % 2 == 1; });
    using Truths = std::vector<bool>;
    CHECK((odd | collect()) == Truths{true, false, true, false, true});
    CHECK((odd | takeOrdered(3)) == Truths{false, false, true});
    CHECK((odd | top(4)) == Truths{true, true, true, false});
    CHECK((odd | take(2)) == Truths{true, false});
    CHECK((odd | min()) == false);
    CHECK((odd | max()) == true);
    CHECK((odd | first()) == true);
    CHECK((odd | sum()) == 3);
}

TEST_CASE("what is saved as text is the text of the records, a file for each partition")
{
    std::mt19937 random{53};
    Temporary const dir;
    for (int round = 0; round < 10; ++round) {
        CAPTURE(round);
        auto const [batch, records] = randomCase(random);
        auto const path = dir.path(std::to_string(round));
        batch | saveAsTextFile(path);
        std::string written;
        for (std::size_t p = 0; p < batch.numPartitions(); ++p) {
            std::ifstream file{path + "/part-0000" + std::to_string(p)};
            written.append(std::istreambuf_iterator<char>{file}, {});
        }
        std::string expected;
        for (auto const& r : records) expected += textOf(r) + '\n';
        CHECK(written == expected);
    }
}
