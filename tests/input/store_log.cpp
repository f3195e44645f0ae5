#include <sluice/input/store.hpp>
#include <sluice/input/store_log.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace sluice;
using namespace sluice::detail;

namespace {

/// A log that writes down what it is told.
struct Told final : RecordLog<int> {
    bool giveAgain(Time, RecordBlocks<int>&) override { return false; }
    void moved(RecordBlocks<int>& batch) override
    {
        text += "moved ";
        batch.logged.push_back(9);
    }
    void take(int const& record) override { text += std::to_string(record) + ' '; }
    bool keep(std::vector<int> const& records, std::string_view const* position, void (*put)(void*, std::uint64_t), void* context) override
    {
        if (fails) throw StreamError{"the disk is full"};
        if (closed) return false;
        text += "keep " + std::to_string(records.size()) + (position != nullptr ? '@' + std::string{*position} + ' ' : " ");
        put(context, 3);
        return true;
    }
    void entered(std::uint64_t number) override { text += "entered " + std::to_string(number) + ' '; }

    std::string text;
    bool fails = false;
    bool closed = false;
};

std::vector<int> moved(Store<int>& store)
{
    RecordBlocks<int> batch;
    store.moveTo(batch);
    std::vector<int> records;
    for (auto const& part : batch.parts) records.insert(records.end(), part.block->records.begin(), part.block->records.end());
    CHECK(batch.logged.size() == (records.empty() ? 0 : 1));
    store.space().leave(batch.unprocessed);
    return records;
}

}  // namespace

TEST_CASE("a store tells its log what it takes: single records as they are put, ranges before they are")
{
    Store<int> store{1000};
    Told log;
    CHECK(store(1));
    store.setLog(log);  // it is told what is there
    CHECK(store(2));
    CHECK(store.tryStore(3));
    CHECK(store.all(std::vector{4, 5}));
    CHECK(store.upTo(std::vector{6}, "6"));
    CHECK(store.position() == "6");
    CHECK(moved(store) == std::vector{1, 2, 3, 4, 5, 6});
    CHECK(log.text == "1 2 3 keep 2 entered 3 keep 1@6 entered 3 moved ");
    CHECK(moved(store).empty());
}

TEST_CASE("what the log refuses is in no batch, takes no room, and moves no position")
{
    Store<int> store{1000};
    Told log;
    store.setLog(log);
    CHECK(store.upTo(std::vector{1}, "1"));
    log.fails = true;
    CHECK_THROWS_WITH_AS(store.upTo(std::vector{2}, "2"), "the disk is full", StreamError);
    log.fails = false;
    log.closed = true;
    CHECK_FALSE(store.upTo(std::vector{3}, "3"));
    CHECK(store.position() == "1");
    CHECK(store.space().used() == sizeof(int));
    CHECK(moved(store) == std::vector{1});
}

TEST_CASE("a store without a log keeps the position, too, and takes one without records")
{
    Store<int> store{1000};
    CHECK_FALSE(store.position());
    CHECK(store.upTo(std::vector{1, 2}, "2"));
    CHECK(store.upTo(std::vector<int>{}, "3"));
    CHECK(store.position() == "3");
    RecordBlocks<int> batch;
    store.moveTo(batch);
    CHECK(batch.size() == 2);
    store.close();
    CHECK_FALSE(store.upTo(std::vector{4}, "4"));
}

TEST_CASE("records that are put back stand before those that came meanwhile")
{
    Store<int> store{1000};
    CHECK(store.all(std::vector{3, 4}));
    auto block = makeCounted<RecordBlock<int>>();
    block->records = {1, 2};
    store.putBack(block, 2 * sizeof(int));
    RecordBlocks<int> batch;
    store.moveTo(batch);
    REQUIRE(batch.parts.size() == 1);
    CHECK(batch.parts[0].block->records == std::vector{1, 2, 3, 4});
    CHECK(batch.bytes == 4 * sizeof(int));
    CHECK(store.space().used() == 4 * sizeof(int));
}
