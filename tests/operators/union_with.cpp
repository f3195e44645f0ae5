#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/take.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/testing/run_batches.hpp>

#include "laws.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace sluice;
using namespace sluice::tests;
using namespace std::literals;

namespace {

constexpr auto twice = [](int x) { return 2 * x; };

// Records of one kind are handed on as they are; of a reference and a value there is a reference.
using Alike = NodeOf<decltype(rdd({1}) | unionWith(rdd({2})))>;
static_assert(std::is_same_v<RecordOf<Alike>, int const&> && Alike::stored && Alike::stable);
using Mixed = NodeOf<decltype(rdd({1}) | unionWith(rdd({2}) | map(twice)))>;
static_assert(std::is_same_v<RecordOf<Mixed>, int const&> && !Mixed::stored);
using Values = NodeOf<decltype(rdd({1}) | map(twice) | unionWith(rdd({2}) | map(twice)))>;
static_assert(std::is_same_v<RecordOf<Values>, int>);

}  // namespace

TEST_CASE("batches follow one another, with their partitions, their order and their duplicates")
{
    auto const all = rdd({1, 2}, 2) | unionWith(rdd({2, 3}), rdd({4}, 3) | map(twice));
    CHECK(all.numPartitions() == 6);
    CHECK((all | collect()) == std::vector{1, 2, 2, 3, 8});
}

TEST_CASE("any number of batches may be united")
{
    auto const one = rdd({1});
    CHECK((one | unionWith(one, one, one, one, one, one, rdd({2})) | collect()) == std::vector{1, 1, 1, 1, 1, 1, 1, 2});
}

TEST_CASE("what stands behind a union runs over all of it, and may stop in it")
{
    auto const all = rdd({1, 2, 3}) | unionWith(rdd({4, 5, 6}));
    CHECK((all | filter([](int x) { return x % 2 == 0; }) | reduce(std::plus{})) == 12);
    CHECK((all | take(4)) == std::vector{1, 2, 3, 4});
    CHECK(obeysErasureLaw(unionWith(rdd({9})), std::vector{1, 2}));
}

TEST_CASE("streams are united batch by batch")
{
    auto const out = testing::runBatches<int, int>({{1}, {}, {3}}, {{2}, {4}, {}}, [](auto a, auto b) { return a | unionWith(b); });
    CHECK(out == testing::Batches<int>{{1, 2}, {4}, {3}});
}

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
