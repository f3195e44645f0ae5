#pragma once

#include <sluice/batch/macros.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// What limits how much a batch takes.
struct KafkaLimits {
    std::int64_t records = INT64_MAX;      ///< of all partitions
    std::int64_t ofPartition = INT64_MAX;  ///< of each
    std::int64_t least = 1;                ///< of each that has them, before these two
    double bytes = 1e18;                   ///< of memory, before all
};

/// What a partition has that was not read yet, and what a record of it is expected to take.
struct KafkaLag {
    std::int64_t records;
    double bytesEach;
};

/// How many records of each partition a batch takes: of those that all may have together, each has a part in the proportion of its lag. As
/// Spark's direct stream divides a rate; the bound on bytes is ours.
///
/// ```cpp
/// auto const shares = detail::kafkaShares({{300, 100.0}, {100, 100.0}}, {.records = 200});
/// CHECK(shares == std::vector<std::int64_t>{150, 50});
/// ```
[[nodiscard]] SLUICE_COLD inline std::vector<std::int64_t> kafkaShares(std::vector<KafkaLag> const& lags, KafkaLimits const& limits)
{
    double total = 0;
    for (auto const& lag : lags) total += static_cast<double>(lag.records);
    std::vector<std::int64_t> shares;
    double bytes = 0;
    for (auto const& lag : lags) {
        auto share = lag.records;
        if (total > static_cast<double>(limits.records)) {
            share = static_cast<std::int64_t>(static_cast<double>(limits.records) * (static_cast<double>(lag.records) / total));
        }
        if (share > limits.ofPartition) share = limits.ofPartition;
        if (share < limits.least) share = limits.least;
        if (share > lag.records) share = lag.records;
        shares.push_back(share);
        bytes += static_cast<double>(share) * lag.bytesEach;
    }
    if (bytes <= limits.bytes) return shares;
    for (auto& share : shares) {
        auto const smaller = static_cast<std::int64_t>(static_cast<double>(share) * (limits.bytes / bytes));
        share = smaller > 0 || share == 0 ? smaller : 1;
    }
    return shares;
}

}  // namespace sluice::inline SLUICE_ABI::detail
