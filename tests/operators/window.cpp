#include <sluice/operators/map.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/operators/window.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

using namespace sluice;
using namespace std::literals;
using testing::Batches;

namespace {

using Stream = DStream<int>;

Batches<int> windows(Batches<int> in, Duration length, std::optional<Duration> slide = {}, testing::Options options = {})
{
    return testing::runBatches<int>(std::move(in), [&](Stream s) -> Stream { return s | window(length, slide); }, options);
}

}  // namespace

TEST_CASE("a window has the batches of its length in the order of time; early windows are shorter")
{
    CHECK(windows({{1, 2}, {3}, {4}, {5}}, 3s) == Batches<int>{{1, 2}, {1, 2, 3}, {1, 2, 3, 4}, {3, 4, 5}});
    CHECK(windows({{1, 2}, {3}, {4}, {5}}, 1s) == Batches<int>{{1, 2}, {3}, {4}, {5}});
}

TEST_CASE("there is a window once a slide; where it is shorter the batches between are left out")
{
    CHECK(windows({{1}, {2}, {3}, {4}, {5}}, 3s, 2s) == Batches<int>{std::nullopt, {1, 2}, std::nullopt, {2, 3, 4}, std::nullopt});
    CHECK(windows({{1}, {2}, {3}, {4}}, 2s, 2s) == Batches<int>{std::nullopt, {1, 2}, std::nullopt, {3, 4}});
    CHECK(windows({{1}, {2}, {3}, {4}, {5}, {6}}, 1s, 3s) ==
          Batches<int>{std::nullopt, std::nullopt, {3}, std::nullopt, std::nullopt, {6}});
}

TEST_CASE("empty batches and no RDD bring nothing, and an empty window is a batch")
{
    CHECK(windows({std::nullopt, {}, {1}, std::nullopt, {}}, 2s) == Batches<int>{{}, {}, {1}, {1}, {}});
}

TEST_CASE("both durations must be positive multiples of the stream's slide, which the error names")
{
    testing::Harness harness;
    Stream const in = testing::literalStream<int>(harness.context(), {{1}});
    auto const what = [&](Duration length, std::optional<Duration> slide) -> std::string {
        try {
            static_cast<void>(in | window(4s, 2s) | window(length, slide));
        } catch (InvalidArgument const& error) {
            std::string const text = error.what();
            CHECK(text.starts_with("sluice::window ("));
            return text.substr(text.find("the "));
        }
        return "nothing";
    };
    auto const says = [](std::string_view which, std::string_view got) {
        return std::string{"the "}
            .append(which)
            .append(" must be a positive multiple of the slide duration of its stream, which is 2000 ms, got ")
            .append(got);
    };
    CHECK(what(3s, {}) == says("window duration", "3000 ms"));
    CHECK(what(0s, {}) == says("window duration", "0 ms"));
    CHECK(what(4s, 3s) == says("slide duration", "3000 ms"));
    CHECK(what(4s, -2s) == says("slide duration", "-2000 ms"));
    CHECK(what(2s, 6s) == "nothing");
}

TEST_CASE("a window of windows has the records of both")
{
    auto const out = testing::runBatches<int>({{1}, {2}, {3}, {4}}, [](Stream s) -> Stream { return s | window(2s) | window(4s, 2s); });
    CHECK(out == Batches<int>{std::nullopt, {1, 1, 2}, std::nullopt, {1, 1, 2, 2, 3, 3, 4}});
}

TEST_CASE("records are kept owned, once for all windows and outputs")
{
    int made = 0;
    auto const out = testing::runBatches<int>({{1}, {22}, {3}}, [&](auto in) {
        auto const text = in | map([&](int x) {
                              ++made;
                              return std::string(static_cast<std::size_t>(x), 'x');
                          }) |
                          map([](std::string_view s) { return s; }) | window(2s);
        static_assert(std::is_same_v<typename decltype(text)::Value, std::string>);
        auto const sizes = text | map([](std::string const& s) { return static_cast<int>(s.size()); });
        return sizes | unionWith(sizes);
    });
    CHECK(out == Batches<int>{{1, 1}, {1, 22, 1, 22}, {22, 3, 22, 3}});
    CHECK(made == 3);
}

TEST_CASE("what leaves the window is let go of, and what it holds is told")
{
    auto const token = std::make_shared<int>(0);
    struct Watch : StreamingListener {
        void onBatchCompleted(BatchCompleted const& event) override
        {
            auto const& one = event.batch.held.at(0);
            held.emplace_back(one.keys, one.bytes);
            name = one.name;
        }
        std::vector<std::pair<std::size_t, std::size_t>> held;
        std::string name;
    } watch;
    {
        testing::Harness harness;
        harness.context().addStreamingListener(watch);
        auto const in = testing::literalStream<int>(harness.context(), {{1, 2}, {3}, {}, {4}});
        in | map([token](int x) { return std::pair{x, token}; }) | window(2s) | named("recent") | foreachRDD([](auto const&) {});
        harness.start();
        auto const before = token.use_count();
        for (long const expected : {2, 3, 1, 1, 1, 0}) {
            harness.advance(1s);
            CHECK(token.use_count() - before == expected);
        }
    }
    CHECK(token.use_count() == 1);
    CHECK(watch.name == "recent");
    REQUIRE(watch.held.size() == 6);
    CHECK(watch.held[1].first == 3);
    CHECK(watch.held[1].second >= 3 * sizeof(std::pair<int, std::shared_ptr<int>>));
    CHECK(watch.held[5] == std::pair<std::size_t, std::size_t>{0, 0});
}

TEST_CASE("a batch that failed is missing in the window; tried again it is there")
{
    for (bool const again : {false, true}) {
        testing::Harness harness{{.master = "inline", .onBatchFailure = again ? retry(1).then(proceed) : OnBatchFailure{proceed}}};
        int failures = 0;
        std::vector<std::vector<int>> seen;
        testing::literalStream<int>(harness.context(), {{1}, {2}, {3}}) |
            map([&](int x) { return x == 2 && failures++ == 0 ? throw std::runtime_error{"two"} : x; }) | window(3s) |
            foreachRDD([&](auto batch) { seen.push_back(std::move(batch) | collect()); });
        harness.start();
        harness.advance(3s);
        using Seen = std::vector<std::vector<int>>;
        CHECK(seen == (again ? Seen{{1}, {1, 2}, {1, 2, 3}} : Seen{{1}, {1, 3}}));
    }
}

TEST_CASE("a plain struct stays what it is, and its views look at text that lives as long as the window")
{
    struct Hit {
        std::string_view url;
        int status;
    };
    auto const out = testing::runBatches<std::string>({{"/a", "/b"}, {"/a"}, {}, {"/c"}}, [](auto in) {
        auto hits = in | map([](std::string const& url) { return url + std::string(40, '-'); }) |
                    map([](std::string const& url) { return Hit{url, 200}; }) | window(2s);
        static_assert(std::is_same_v<typename decltype(hits)::Value, Hit>);
        return hits | map([](Hit const& hit) { return std::pair{hit.url.substr(0, 2), hit.status}; }) | reduceByKey(std::plus{});
    });
    using Pair = std::pair<std::string, int>;
    CHECK(out == Batches<Pair>{{{"/a", 200}, {"/b", 200}}, {{"/a", 400}, {"/b", 200}}, {{"/a", 200}}, {{"/c", 200}}});
}
