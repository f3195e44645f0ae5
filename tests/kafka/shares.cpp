#include <sluice/kafka/shares.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using namespace sluice;
using detail::kafkaShares;

namespace {

using Shares = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("a rate is divided among partitions in the proportion of what waits")
{
    CHECK(kafkaShares({}, {}).empty());
    CHECK(kafkaShares({{5, 1}, {0, 1}}, {}) == Shares{5, 0});
    CHECK(kafkaShares({{5, 1}, {0, 1}}, {.records = 5}) == Shares{5, 0});
    CHECK(kafkaShares({{900, 1}, {90, 1}, {10, 1}}, {.records = 100}) == Shares{90, 9, 1});
    CHECK(kafkaShares({{900, 1}, {90, 1}, {9, 1}}, {.records = 10}) == Shares{9, 1, 1});  // each at least one,
    CHECK(kafkaShares({{900, 1}, {90, 1}, {9, 1}}, {.records = 10, .least = 0}) == Shares{9, 0, 0});
    CHECK(kafkaShares({{900, 1}, {0, 1}}, {.records = 0}) == Shares{1, 0});  // but what has none
    CHECK(kafkaShares({{900, 1}, {90, 1}}, {.ofPartition = 50}) == Shares{50, 50});
    CHECK(kafkaShares({{900, 1}, {90, 1}}, {.records = 110, .ofPartition = 50}) == Shares{50, 10});
    CHECK(kafkaShares({{900, 1}, {90, 1}}, {.ofPartition = 50, .least = 70}) == Shares{70, 70});
    CHECK(kafkaShares({{INT64_MAX / 2, 1}, {1, 1}}, {.records = 1000}) == Shares{1000, 1});
}

TEST_CASE("bytes bound all partitions together, and let each have a record")
{
    CHECK(kafkaShares({{100, 10}, {100, 30}}, {.bytes = 400}) == Shares{10, 10});
    CHECK(kafkaShares({{100, 10}, {100, 30}}, {.bytes = 4000}) == Shares{100, 100});
    CHECK(kafkaShares({{100, 1000}, {0, 30}, {1, 1}}, {.bytes = 400}) == Shares{1, 0, 1});
}
