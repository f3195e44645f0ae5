#include <sluice/input/blocks.hpp>

#include <doctest/doctest.h>

#include <numeric>
#include <string>

using namespace sluice;
using sluice::detail::Received;
using sluice::detail::RecordBlock;
using sluice::detail::RecordBlocks;
using sluice::detail::Taken;

namespace {

struct Gather {
    std::vector<int>* out;
    std::size_t wanted = ~std::size_t{0};
    bool operator()(int record)
    {
        out->push_back(record);
        return --wanted > 0;
    }
};

/// 0, 1, 2, … in blocks of these sizes.
Received<int> received(std::vector<int> const& sizes, std::size_t partitions)
{
    auto const blocks = detail::makeCounted<RecordBlocks<int>>();
    blocks->partitions = partitions;
    int next = 0;
    for (int const size : sizes) {
        auto block = detail::makeCounted<RecordBlock<int>>();
        block->records.resize(static_cast<std::size_t>(size));
        std::iota(block->records.begin(), block->records.end(), next);
        next += size;
        blocks->add(std::move(block), 0);
    }
    return Received<int>{blocks};
}

std::vector<std::vector<int>> partitionsOf(Received<int> const& batch)
{
    std::vector<std::vector<int>> out(batch.partitions());
    for (std::size_t p = 0; p < batch.partitions(); ++p) {
        Gather sink{&out[p]};
        auto const end = batch.each(p, 0, sink);
        CHECK(end == out[p].size());
        CHECK(batch.isEmpty(p) == out[p].empty());
    }
    return out;
}

using Parts = std::vector<std::vector<int>>;

}  // namespace

TEST_CASE("partitions are cut by the number of records, not by blocks")
{
    CHECK(partitionsOf(received({7}, 3)) == Parts{{0, 1}, {2, 3}, {4, 5, 6}});
    CHECK(partitionsOf(received({1, 0, 4, 2}, 3)) == Parts{{0, 1}, {2, 3}, {4, 5, 6}});
    CHECK(partitionsOf(received({1, 1, 1, 1, 1, 1, 1}, 3)) == Parts{{0, 1}, {2, 3}, {4, 5, 6}});
}

TEST_CASE("a batch of no records has its partitions, all of them empty")
{
    CHECK(partitionsOf(received({}, 2)) == Parts{{}, {}});
    CHECK(partitionsOf(received({0, 0}, 2)) == Parts{{}, {}});
    CHECK(partitionsOf(received({1}, 3)) == Parts{{}, {}, {0}});
}

TEST_CASE("a partition goes on where it was left, over the ends of blocks")
{
    auto const batch = received({2, 3, 4}, 2);
    for (std::size_t step = 1; step < 6; ++step) {
        std::vector<int> all;
        std::size_t from = 0;
        while (from < 5) {
            Gather some{&all, step};
            from = batch.each(1, from, some);
        }
        CHECK(all == std::vector{4, 5, 6, 7, 8});
    }
}

TEST_CASE("spans are the records as they lie")
{
    std::vector<std::size_t> sizes;
    received({2, 3, 4}, 2).eachSpan(0, 1, [&](int const* records, std::size_t size) {
        CHECK(records[0] == (sizes.empty() ? 1 : 2));
        sizes.push_back(size);
        return Taken{size, true};
    });
    CHECK(sizes == std::vector<std::size_t>{1, 2});
}

TEST_CASE("what is cleared lets go of the records")
{
    RecordBlocks<std::string> blocks;
    auto block = detail::makeCounted<RecordBlock<std::string>>();
    block->records = {"a", "b"};
    blocks.add(block, 100);
    CHECK(blocks.size() == 2);
    CHECK(blocks.unprocessed == 100);
    blocks.clear();
    CHECK(blocks.size() == 0);
    CHECK(blocks.unprocessed == 0);
    CHECK(block->records.empty());
}

namespace {

/// An engine that gives up when it is told to.
struct Cancelled final : detail::Engine {
    void run(std::size_t n, void (*task)(void*, std::size_t), void* context) override
    {
        for (std::size_t p = 0; p < n; ++p) task(context, p);
    }
    [[nodiscard]] std::size_t defaultPartitions() const override { return 1; }
    [[nodiscard]] bool cancelled() const override { return now; }
    bool now = false;
};

/// It cancels with each record that it takes.
struct TakeAndCancel {
    std::vector<int>* seen;
    Cancelled* engine;
    bool operator()(int record)
    {
        seen->push_back(record);
        engine->now = true;
        return true;
    }
};

}  // namespace

TEST_CASE("a batch that is cancelled is left at the end of a block, within a partition, too")
{
    auto const engine = detail::makeCounted<Cancelled>();
    auto const blocks = detail::makeCounted<RecordBlocks<int>>();
    blocks->place = EnginePlace{detail::Counted<detail::Engine>{engine}};
    for (int first : {1, 11}) {
        auto block = detail::makeCounted<RecordBlock<int>>();
        block->records = {first, first + 1, first + 2};
        blocks->add(std::move(block), 0);
    }
    Received<int> const batch{blocks};
    REQUIRE(batch.partitions() == 1);
    std::vector<int> seen;
    TakeAndCancel takeAndCancel{&seen, engine.get()};
    CHECK_THROWS_WITH_AS(batch.each(0, 0, takeAndCancel), doctest::Contains("the context was stopped"), StreamError);
    CHECK(seen == std::vector{1, 2, 3});
    CHECK_THROWS_AS(batch.each(0, 3, takeAndCancel), StreamError);  // before the first block that is read
    CHECK(seen.size() == 3);
    engine->now = false;
    CHECK(batch.each(0, 3, takeAndCancel) == 6);
    CHECK(seen == std::vector{1, 2, 3, 11, 12, 13});
}
