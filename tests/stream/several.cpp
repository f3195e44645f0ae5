#include <sluice/runtime/interval_clock.hpp>
#include <sluice/stream/several.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::literals;

namespace {

/// As much of a stream's node as is asked for.
struct Node {
    detail::Counted<detail::GraphCore> core;
    Duration every;
    std::optional<int> batch{};

    [[nodiscard]] detail::Counted<detail::GraphCore> const& graph() const { return core; }
    [[nodiscard]] Duration slide() const { return every; }
    [[nodiscard]] std::optional<int> at(Time) const { return batch; }
    [[nodiscard]] static Label label() { return {"numbers", CallSite::here()}; }
};

struct Stream {
    Node of;
    [[nodiscard]] Node const& node() const { return of; }
};

Label const meet{"meet", CallSite::here()};

}  // namespace

TEST_CASE("streams that meet belong to one context and have batches at the same times")
{
    IntervalClock const one{1s};
    IntervalClock const other{1s};
    Node const a{one.core(), 1s};
    CHECK_NOTHROW(detail::requireAlike(meet, a));
    CHECK_NOTHROW(detail::requireAlike(meet, a, a, Node{one.core(), 1s}));
    CHECK_THROWS_WITH_AS(detail::requireAlike(meet, a, a, Node{other.core(), 1s}), doctest::Contains("different contexts"),
                         InvalidArgument);
    CHECK_THROWS_WITH_AS(detail::requireAlike(meet, a, Node{one.core(), 2s}),
                         doctest::Contains("different slide durations: 1000 ms and 2000 ms"), InvalidArgument);
    CHECK_THROWS_WITH_AS(detail::requireAlike(meet, a, Node{one.core(), 2s}), doctest::Contains("sluice::meet"), InvalidArgument);
}

TEST_CASE("so are those of a list, which must not be empty")
{
    IntervalClock const one{1s};
    IntervalClock const other{1s};
    Stream const a{{one.core(), 1s}};
    CHECK_NOTHROW(detail::requireAllAlike(meet, std::vector{a, a}));
    CHECK_THROWS_WITH_AS(detail::requireAllAlike(meet, std::vector<Stream>{}), doctest::Contains("the list of streams is empty"),
                         InvalidArgument);
    CHECK_THROWS_WITH_AS(detail::requireAllAlike(meet, std::vector{a, a, Stream{{other.core(), 1s}}}),
                         doctest::Contains("different contexts"), InvalidArgument);
}

TEST_CASE("a batch that there is not is an error that names both the operator and the stream")
{
    IntervalClock const clock{1s};
    CHECK(detail::batchOf(meet, Node{clock.core(), 1s, 7}, Time{1s}) == 7);
    try {
        static_cast<void>(detail::batchOf(meet, Node{clock.core(), 1s}, Time{2s}));
        FAIL("nothing was thrown");
    } catch (StreamError const& error) {
        std::string const text = error.what();
        CHECK(text.find("sluice::meet") != std::string::npos);
        CHECK(text.find("there is no RDD of sluice::numbers") != std::string::npos);
        CHECK(text.find("2000 ms") != std::string::npos);
    }
}
