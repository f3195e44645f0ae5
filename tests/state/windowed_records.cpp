#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/window.hpp>
#include <sluice/state/windowed_records.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace sluice;
using namespace std::literals;
using testing::Batches;

namespace {

/// As much of a kept batch as is asked for.
struct Kept : detail::RefCounted {
    using Entry = int;

    std::vector<std::vector<int>> parts;
    detail::Partitioning cut;
    int prepared = 0;

    [[nodiscard]] std::size_t partitions() const { return parts.size(); }
    [[nodiscard]] detail::Partitioning const& partitioning() const { return cut; }
    void prepare() { ++prepared; }
    [[nodiscard]] bool isEmpty(std::size_t p) const { return parts[p].empty(); }
    [[nodiscard]] std::vector<int> const& part(std::size_t p) const { return parts[p]; }
};

detail::Counted<Kept> kept(std::vector<std::vector<int>> parts, detail::Partitioning cut = {})
{
    auto batch = detail::makeCounted<Kept>();
    batch->parts = std::move(parts);
    batch->cut = cut;
    return batch;
}

/// Partition p from a position on, at most so many records of each place.
std::vector<int> read(detail::WindowedRecords<Kept> const& window, std::size_t p, std::size_t from)
{
    std::vector<int> all;
    window.eachSpan(p, from, [&all](int const* records, std::size_t n) {
        all.insert(all.end(), records, records + n);
        return detail::Taken{n, true};
    });
    return all;
}

Batches<int> windows(Batches<int> in, Duration length, testing::Options options)
{
    return testing::runBatches<int>(std::move(in), [&](DStream<int> s) -> DStream<int> { return s | window(length); }, options);
}

}  // namespace

TEST_CASE("partitions of the batches stand one after another, with workers too")
{
    CHECK(windows({{1, 2, 3}, {4, 5}, {}, {6}}, 2s, {.partitions = 3, .master = "local[2]"}) ==
          Batches<int>{{1, 2, 3}, {1, 2, 3, 4, 5}, {4, 5}, {6}});
    testing::Harness harness{{.master = "inline"}};
    std::vector<std::size_t> partitions;
    testing::literalStream<int>(harness.context(), {{1}, {2}, std::nullopt}, 3) | window(2s) |
        foreachRDD([&](auto const& batch) { partitions.push_back(batch.numPartitions()); });
    harness.start();
    harness.advance(3s);
    CHECK(partitions == std::vector<std::size_t>{3, 6, 3});
}

TEST_CASE("a window of a stream that is partitioned by key is, too")
{
    auto const out = testing::runBatches<std::pair<int, int>>({{{1, 1}, {2, 1}}, {{1, 2}}}, [](auto in) {
        return in | reduceByKey(std::plus{}, 2) | window(2s) | transform([](auto batch) {
                   CHECK(batch.numPartitions() == 2);
                   return batch | reduceByKey(std::plus{}, 2);
               });
    });
    CHECK(out.size() == 2);
    auto sums = *out[1];
    std::sort(sums.begin(), sums.end());
    CHECK(sums == std::vector<std::pair<int, int>>{{1, 3}, {2, 1}});
}

TEST_CASE("partitions are those of each batch, or, where all are partitioned alike, each is all of one number")
{
    detail::WindowedRecords<Kept> one;
    one.batches.push_back(kept({{1, 2}, {}}));
    one.batches.push_back(kept({{3}, {4, 5}, {6}}));
    one.plan({});
    CHECK(one.partitions() == 5);
    CHECK(!one.partitioning());
    CHECK(read(one, 0, 0) == std::vector{1, 2});
    CHECK(one.isEmpty(1));
    CHECK(read(one, 2, 0) == std::vector{3});
    CHECK(read(one, 3, 1) == std::vector{5});
    CHECK(read(one, 4, 0) == std::vector{6});

    one.clear();
    one.batches.push_back(kept({{1, 2}, {3}}, {2}));
    one.batches.push_back(kept({{4}, {}}, {2}));
    one.plan({});
    CHECK(one.partitions() == 2);
    CHECK(one.partitioning().partitions == 2);
    CHECK(read(one, 0, 0) == std::vector{1, 2, 4});
    CHECK(read(one, 0, 1) == std::vector{2, 4});
    CHECK(read(one, 0, 2) == std::vector{4});
    CHECK(read(one, 1, 0) == std::vector{3});
    CHECK(!one.isEmpty(0));
}

TEST_CASE("a window has its batches made before it is read; one whose newest batch failed is refused")
{
    detail::WindowedRecords<Kept> one;
    one.batches.push_back(kept({{1}}));
    one.plan({});
    one.prepare();
    CHECK(one.batches[0]->prepared == 1);
    one.abandoned = true;
    CHECK_THROWS_AS(one.prepare(), StreamError);
    one.clear();
    one.plan({});
    CHECK(one.partitions() == 0);
}
