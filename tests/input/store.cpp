#include <sluice/input/store.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>

using namespace sluice;
using sluice::detail::RecordBlocks;

namespace {

/// What a batch that takes all that waits has.
template <class T>
std::vector<T> moved(Store<T>& store)
{
    RecordBlocks<T> batch;
    store.moveTo(batch);
    std::vector<T> all;
    for (auto const& part : batch.parts) all.insert(all.end(), part.block->records.begin(), part.block->records.end());
    CHECK(all.size() == batch.size());
    store.space().leave(batch.unprocessed);
    return all;
}

}  // namespace

TEST_CASE("what is stored before a batch belongs to it")
{
    Store<int> store{1 << 20};
    CHECK(!store.hasWaiting());
    CHECK(store(1));
    CHECK(store(2));
    CHECK(store.hasWaiting());
    CHECK(moved(store) == std::vector{1, 2});
    CHECK(!store.hasWaiting());
    CHECK(moved(store).empty());
    CHECK(store(3));
    CHECK(moved(store) == std::vector{3});
    CHECK(store.received() == 3);
}

TEST_CASE("a batch counts the bytes that its records occupy, until it is done")
{
    Store<int> store{1 << 20};
    store(1);
    store(2);
    CHECK(store.space().used() == 2 * sizeof(int));
    RecordBlocks<int> batch;
    store.moveTo(batch);
    CHECK(batch.unprocessed == 2 * sizeof(int));
    CHECK(store.space().used() == 2 * sizeof(int));
    store.space().leave(batch.unprocessed);
    CHECK(store.space().used() == 0);
}

TEST_CASE("a record above the bound passes when it is alone")
{
    Store<std::string> store{10};
    CHECK(store(std::string(1000, 'x')));
    CHECK(store.space().used() > 1000);
    std::atomic<bool> taken = false;
    std::thread second{[&] { taken = store(std::string(2000, 'y')); }};
    CHECK(moved(store) == std::vector{std::string(1000, 'x')});
    second.join();
    CHECK(taken);
    CHECK(moved(store) == std::vector{std::string(2000, 'y')});
}

TEST_CASE("store waits at the bound, until a batch is done")
{
    Store<int> store{3 * sizeof(int)};
    std::atomic<int> stored = 0;
    std::thread sender{[&] {
        for (int i = 0; i < 9; ++i) {
            store(i);
            ++stored;
        }
    }};
    std::vector<int> all;
    while (all.size() < 9) {
        CHECK(store.space().used() <= 3 * sizeof(int));
        auto const batch = moved(store);
        CHECK(batch.size() <= 3);
        all.insert(all.end(), batch.begin(), batch.end());
        std::this_thread::yield();
    }
    sender.join();
    CHECK(stored == 9);
    CHECK(all == std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("store waits no longer when it is closed, and takes nothing more")
{
    Store<int> store{sizeof(int)};
    CHECK(store(1));
    std::atomic<bool> taken = true;
    std::thread sender{[&] { taken = store(2); }};
    store.close();
    sender.join();
    CHECK(!taken);
    CHECK(!store(3));
    CHECK(moved(store) == std::vector{1});
}

TEST_CASE("store waits no longer when it is paused, and takes what comes when it is resumed")
{
    Store<int> store{2 * sizeof(int)};
    store.resume();  // it is not paused
    CHECK(store(1));
    CHECK(store(2));
    std::atomic<bool> taken = true;
    std::thread sender{[&] { taken = store(3); }};
    std::thread all{[&] { CHECK(!store.all(std::vector{4, 5})); }};
    store.pause();
    store.pause();
    sender.join();
    all.join();
    CHECK(!taken);
    CHECK(store.space().used() == 2 * sizeof(int));
    CHECK(moved(store) == std::vector{1, 2});
    CHECK(!store(6));
    CHECK(!store.tryStore(6));
    CHECK(!store.all(std::vector{6}));
    CHECK(!store.all(std::vector<int>{}));
    CHECK(!store.hasWaiting());
    CHECK(store.space().used() == 0);
    store.resume();
    CHECK(store(7));
    CHECK(store.tryStore(8));
    CHECK(!store.tryStore(9));
    CHECK(moved(store) == std::vector{7, 8});
    CHECK(store.all(std::vector{9}));
    store.pause();
    store.close();
    store.resume();
    CHECK(!store(10));  // closed for good
    CHECK(moved(store) == std::vector{9});
}

TEST_CASE("records of one thread keep their order")
{
    Store<std::pair<int, int>> store{1 << 20};
    std::vector<std::thread> threads;
    constexpr int each = 2000;
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&store, t] {
            for (int i = 0; i < each; ++i) store({t, i});
        });
    }
    int next[3] = {};
    int wrong = 0;
    while (next[0] + next[1] + next[2] < 3 * each) {
        for (auto const& [t, i] : moved(store)) {
            if (next[t]++ != i) ++wrong;
        }
        std::this_thread::yield();
    }
    for (auto& thread : threads) thread.join();
    CHECK(wrong == 0);
}

TEST_CASE("the memory of a batch is used again when nobody holds it")
{
    Store<int> store{1 << 20};
    int const* memory = nullptr;
    for (int round = 0; round < 5; ++round) {
        store(round);
        RecordBlocks<int> batch;
        store.moveTo(batch);
        auto const* const data = batch.parts[0].block->records.data();
        if (memory == nullptr) memory = data;
        CHECK(data == memory);
    }
}

TEST_CASE("records go with their batch")
{
    struct Counter {
        std::shared_ptr<int> held;
    };
    Store<Counter> store{1 << 20};
    auto const shared = std::make_shared<int>(1);
    store({shared});
    {
        RecordBlocks<Counter> batch;
        store.moveTo(batch);
        CHECK(shared.use_count() == 2);
    }
    CHECK(shared.use_count() == 1);
}

TEST_CASE("tryStore does not wait, and leaves a record that does not fit where it is")
{
    Store<std::string> store{2 * sizeof(std::string) + 8};
    std::string const copied = "copied";
    CHECK(store.tryStore(copied));
    std::string moved(100, 'm');
    CHECK(!store.tryStore(std::move(moved)));
    CHECK(moved.size() == 100);
    CHECK(store.tryStore(std::string{}));
    CHECK(store.received() == 2);
    store.close();
    CHECK(!store.tryStore(std::string{}));
    Store<std::string> other{1};
    CHECK(other.tryStore(std::move(moved)));  // alone, it passes
}

TEST_CASE("what is said of stored records goes into their batch, and counts with its bytes")
{
    Store<int> store{100};
    detail::RecordBlocks<int> batch;
    CHECK(store.all(std::vector{1, 2}, "1 to 2"));
    CHECK(store(3));
    CHECK(store.all(std::vector{4}, ""));
    CHECK(store.all(std::vector<int>{}, "none"));
    CHECK(store.space().used() == 4 * sizeof(int) + 10);
    store.moveTo(batch);
    CHECK(batch.size() == 4);
    CHECK(batch.unprocessed == 4 * sizeof(int) + 10);
    CHECK(batch.description == "1 to 2\nnone");
    batch.clear();
    CHECK(batch.description.empty());

    // Without records, and of the next batch alone.
    detail::RecordBlocks<int> next;
    CHECK(store.all(std::vector<int>{}, "nothing"));
    CHECK(store.hasWaiting());
    store.moveTo(next);
    CHECK(next.size() == 0);
    CHECK(next.description == "nothing");

    store.close();
    CHECK(!store.all(std::vector{5}, "5"));
    CHECK(!store.all(std::vector<int>{}, "closed"));
    detail::RecordBlocks<int> last;
    store.moveTo(last);
    CHECK(last.description.empty());
}

TEST_CASE("all records of a range enter together, or none")
{
    Store<int> store{4 * sizeof(int)};
    int const some[] = {1, 2, 3};
    CHECK(store.all(some));
    CHECK(store.space().used() == 3 * sizeof(int));
    CHECK(store.all(std::vector<int>{}));
    detail::RecordBlocks<int> batch;
    store.moveTo(batch);
    CHECK(batch.size() == 3);
    store.close();
    CHECK(!store.all(some));
    CHECK(!store.all(std::vector<int>{}));
    CHECK(store.received() == 3);
}
