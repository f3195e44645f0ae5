#include <sluice/operators/map.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/stream/union_stream.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace sluice;

namespace {

constexpr auto twice = [](int x) { return 2 * x; };

}  // namespace

TEST_CASE("any stream of T can be united with any other")
{
    auto const out = testing::runBatches<int, int>({{1}}, {{2}}, [](auto a, auto b) {
        DStream<int> left = a | map(twice);
        DStream<int> right = b;
        return left | unionWith(right, left);
    });
    CHECK(out == testing::Batches<int>{{2, 2, 2}});
}

TEST_CASE("a stream without RDD fails the batch, with the name of that stream")
{
    try {
        static_cast<void>(testing::runBatches<int, int>({{1}}, {std::nullopt}, [](auto a, auto b) { return a | unionWith(b); }));
        FAIL("nothing was thrown");
    } catch (StreamError const& error) {
        std::string const text = error.what();
        CHECK(text.find("sluice::unionWith (") != std::string::npos);
        CHECK(text.find("there is no RDD of sluice::literalStream") != std::string::npos);
        CHECK(text.find("1000 ms") != std::string::npos);
    }
}
