#include <sluice/input/store.hpp>
#include <sluice/input/text_store.hpp>
#include <sluice/stream/rate_limit.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <thread>

using namespace sluice;

// What stores make of a limit; how one is counted: tests/runtime/rate_limiter.cpp.

namespace {

/// So many a batch, moved by hand.
struct Shares final : detail::RateLimit {
    explicit Shares(std::int64_t share) : share_(share) {}
    void open() override { wake(); }
    std::int64_t share() const override { return share_; }
    std::int64_t shareByNow() const override { return share_; }
    unsigned epoch() const override { return epoch_; }
    void wait(unsigned epoch, std::int64_t) override
    {
        ++waits;
        waits.notify_all();
        epoch_.wait(epoch);
    }
    void close() override
    {
        if (onClose) onClose();
        wake();
    }

    std::atomic<int> waits = 0;
    std::function<void()> onClose;

    void wake() override
    {
        ++epoch_;
        epoch_.notify_all();
    }

private:
    std::int64_t share_;
    std::atomic<unsigned> epoch_ = 0;
};

std::vector<int> moved(Store<int>& store)
{
    auto const blocks = detail::makeCounted<detail::RecordBlocks<int>>();
    store.moveTo(*blocks);
    detail::Received<int> const batch{blocks};
    std::vector<int> records;
    struct Push {
        std::vector<int>* out;
        bool operator()(int x)
        {
            out->push_back(x);
            return true;
        }
    } push{&records};
    for (std::size_t p = 0; p < batch.partitions(); ++p) batch.each(p, 0, push);
    return records;
}

std::vector<std::string> moved(TextStore& store)
{
    auto const blocks = detail::makeCounted<detail::TextBlocks>();
    store.moveTo(*blocks);
    std::vector<std::string> lines;
    std::size_t bytes = 0;
    for (auto const& segment : blocks->segments) {
        bytes += static_cast<std::size_t>(segment.end - segment.begin);
        for (char const* at = segment.begin; at < segment.end;) {
            auto const* const end = std::find(at, static_cast<char const*>(segment.end), '\n');
            lines.emplace_back(at, end);
            at = end + 1;
        }
    }
    CHECK(blocks->bytes == bytes);
    CHECK(blocks->unprocessed == bytes);
    CHECK(blocks->lines == static_cast<std::int64_t>(lines.size()));
    store.space().leave(bytes);
    return lines;
}

void write(TextStore& store, std::string_view text)
{
    auto const room = store.room();
    REQUIRE(room.size() >= text.size());
    std::memcpy(room.data(), text.data(), text.size());
    store.commit(text.size());
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("store waits when the batch has its share, until the next one")
{
    auto const limit = detail::makeCounted<Shares>(2);
    Store<int> store{1 << 20, limit};
    CHECK(store(1));
    CHECK(store(2));
    std::thread writer{[&] { CHECK(store(3)); }};
    limit->waits.wait(0);
    CHECK(store.received() == 2);
    CHECK(moved(store) == std::vector{1, 2});
    writer.join();
    CHECK(store(4));
    CHECK(moved(store) == std::vector{3, 4});
}

TEST_CASE("store waits for its share no longer when it is closed")
{
    auto const limit = detail::makeCounted<Shares>(0);
    Store<int> store{1 << 20, limit};
    std::thread writer{[&] { CHECK(!store(1)); }};
    limit->waits.wait(0);
    store.close();
    writer.join();
    CHECK(!store.hasWaiting());
}

TEST_CASE("store waits for its share no longer when it is paused, also if it is resumed at once, and leaves the room")
{
    auto const limit = detail::makeCounted<Shares>(1);
    Store<int> store{1 << 20, limit};
    CHECK(store(1));
    std::thread writer{[&] { CHECK(!store(2)); }};
    limit->waits.wait(0);
    store.pause();
    store.resume();
    writer.join();
    std::thread all{[&] { CHECK(!store.all(std::vector{3, 4})); }};
    while (limit->waits < 2) std::this_thread::yield();
    store.pause();
    all.join();
    CHECK(store.space().used() == sizeof(int));
    store.resume();
    CHECK(moved(store) == std::vector{1});
    CHECK(store(5));
    CHECK(moved(store) == std::vector{5});
}

TEST_CASE("whom the closed limit wakes finds the store closed, and does not wait again")
{
    auto const limit = detail::makeCounted<Shares>(0);
    Store<int> store{1 << 20, limit};
    TextStore lines{1 << 20, limit};
    bool closed = false;
    limit->onClose = [&] { closed = store.space().closed(); };
    store.close();
    CHECK(closed);
    limit->onClose = [&] { closed = lines.space().closed(); };
    closed = false;
    lines.close();
    CHECK(closed);
}

TEST_CASE("what does not wait takes nothing above the share; records that come together pass when they are alone")
{
    auto const limit = detail::makeCounted<Shares>(2);
    Store<int> store{1 << 20, limit};
    CHECK(store.tryStore(1));
    CHECK(store.tryStore(2));
    CHECK(!store.tryStore(3));
    CHECK(store.space().used() == 2 * sizeof(int));
    std::thread writer{[&] { CHECK(store.all(std::vector{4, 5, 6})); }};
    limit->waits.wait(0);
    CHECK(moved(store) == std::vector{1, 2});
    writer.join();
    CHECK(moved(store) == std::vector{4, 5, 6});
}

TEST_CASE("of the lines that were read each batch has its share, and a writer waits while that is there")
{
    auto const limit = detail::makeCounted<Shares>(2);
    TextStore store{1 << 20, limit};
    write(store, "a\nb\r\nc\nd\ne\npart");
    std::thread writer{[&] { write(store, " f\n"); }};
    limit->waits.wait(0);
    CHECK(store.received() == 5);
    CHECK(moved(store) == Texts{"a", "b\r"});
    CHECK(moved(store) == Texts{"c", "d"});
    writer.join();
    CHECK(moved(store) == Texts{"e", "part f"});
    CHECK(!store.hasWaiting());
    CHECK(moved(store).empty());
    CHECK(store.space().used() == 0);
}

TEST_CASE("the share of lines may end in any segment, and a last line without end counts")
{
    auto const limit = detail::makeCounted<Shares>(3);
    TextStore store{1 << 20, limit};
    write(store, "a\nb");
    store.endText();
    write(store, "c\nd\n");
    CHECK(moved(store) == Texts{"a", "b", "c"});
    CHECK(store.hasWaiting());
    CHECK(moved(store) == Texts{"d"});
}

TEST_CASE("when the store is closed, what was read is all of the last batch")
{
    auto const limit = detail::makeCounted<Shares>(1);
    TextStore store{1 << 20, limit};
    write(store, "a\nb\nc\n");
    CHECK(moved(store) == Texts{"a"});
    std::thread writer{[&] { CHECK(store.room().empty()); }};
    store.close();
    writer.join();
    CHECK(moved(store) == Texts{"b", "c"});
}
