#include <sluice/operators/cache.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <memory>

using namespace sluice;
using namespace std::literals;

TEST_CASE("a cached stream computes each batch once, however many stand below it")
{
    std::atomic<int> calls = 0;
    auto const out = testing::runBatches<int>({{1, 2, 3}, {4}}, [&](auto in) {
        auto const slow = in | map([&](int x) {
                              ++calls;
                              return 10 * x;
                          }) |
                          cache();
        return slow | unionWith(slow | filter([](int x) { return x > 10; }), slow);
    });
    CHECK(out == testing::Batches<int>{{10, 20, 30, 20, 30, 10, 20, 30}, {40, 40, 40}});
    CHECK(calls == 4);
}

TEST_CASE("the stream before cache() is unchanged: below it narrow operators run again for each output")
{
    std::atomic<int> calls = 0;
    auto const out = testing::runBatches<int>({{1, 2}}, [&](auto in) {
        auto const plain = in | map([&](int x) {
                               ++calls;
                               return x;
                           });
        auto const cached = plain | cache();
        return plain | unionWith(plain, cached);
    });
    CHECK(out == testing::Batches<int>{{1, 2, 1, 2, 1, 2}});
    CHECK(calls == 6);
}

TEST_CASE("partitions and their order are kept, empty batches stay empty and no RDD stays none")
{
    auto const out = testing::runBatches<int>({{3, 1, 2}, {}, std::nullopt}, [](auto in) { return in | cache(); },
                                              {.partitions = 3, .master = "local[2]"});
    CHECK(out == testing::Batches<int>{{3, 1, 2}, {}, std::nullopt});
}

TEST_CASE("a batch is let go of when it is done")
{
    auto const token = std::make_shared<int>(0);
    auto const out = testing::runBatches<int>({{1, 2}, {}}, [&](auto in) {
        auto const held = in | map([token](int x) { return std::pair{x, token}; }) | cache();
        return held | map([](auto const& record) { return static_cast<int>(record.second.use_count() > 1); });
    });
    CHECK(out == testing::Batches<int>{{1, 1}, {}});
    CHECK(token.use_count() == 1);
}

TEST_CASE("what fails below a cache fails each output, and the next batch is not concerned")
{
    ManualClock const clock;
    StreamingContext context{{.master = "inline", .clock = clock, .exclusive = false}, 1s};
    std::int64_t seen = 0;
    auto const cached = testing::literalStream<int>(context, {{1}, {2, 3}}) |
                        map([](int x) { return x == 1 ? throw std::runtime_error{"one"} : x; }) | cache();
    cached | foreachRDD([&](auto batch) { seen += batch | count(); });
    cached | foreachRDD([&](auto batch) { seen += batch | count(); });
    context.start();
    clock.advance(2s);
    CHECK(seen == 4);
    CHECK_THROWS_AS(context.awaitTermination(), StreamError);
}

TEST_CASE("listeners are told what it holds when a batch is done; afterwards it holds nothing")
{
    struct Watch : StreamingListener {
        void onBatchCompleted(BatchCompleted const& event) override
        {
            auto const& one = event.batch.held.at(0);
            names.push_back(one.name);
            held.emplace_back(one.keys, one.bytes);
        }
        std::vector<std::string> names;
        std::vector<std::pair<std::size_t, std::size_t>> held;
    } watch;
    {
        testing::Harness harness;
        harness.context().addStreamingListener(watch);
        auto const kept = testing::literalStream<int>(harness.context(), {{1, 2, 3}, {}, {4}}) | cache() | named("kept");
        for (int i = 0; i < 2; ++i) kept | foreachRDD([](auto batch) { std::move(batch) | count(); });
        harness.start();
        harness.advance(3s);
    }
    CHECK(watch.names == std::vector<std::string>{"kept", "kept", "kept"});
    CHECK(watch.held == std::vector<std::pair<std::size_t, std::size_t>>{{3, 3 * sizeof(int)}, {0, 0}, {1, sizeof(int)}});
}

TEST_CASE("a plain struct stays what it is, and its views look at text that lives as long as the batch is remembered")
{
    struct Hit {
        std::string_view url;
        std::pair<int, std::string_view> more[1];
    };
    auto const out = testing::runBatches<std::string>({{"/a", "/b"}, {"/c"}}, [](auto in) {
        DStream<Hit> const hits = in | map([](std::string const& url) { return url + std::string(40, '-'); }) |
                                  map([](std::string const& url) { return Hit{url, {{1, url}}}; }) | cache();
        return hits | unionWith(hits) |
               map([](Hit const& hit) { return std::string{hit.url.substr(0, 2)} + std::string{hit.more[0].second.substr(0, 2)}; });
    });
    CHECK(out == testing::Batches<std::string>{{"/a/a", "/b/b", "/a/a", "/b/b"}, {"/c/c", "/c/c"}});
}
