#pragma once

#include <sluice/batch/macros.hpp>

#include <cstdint>

namespace sluice::inline SLUICE_ABI::detail {

/// The time of the batch that this thread works for, in microseconds, or `noBatch`: what is asked for without a batch at
/// hand, deep in a function of the user's, depends on it.
inline constexpr std::int64_t noBatch = INT64_MIN;
inline constinit thread_local std::int64_t batchOfThread = noBatch;

struct OfBatch {
    explicit OfBatch(std::int64_t microseconds) : before(batchOfThread) { batchOfThread = microseconds; }
    OfBatch(OfBatch const&) = delete;
    OfBatch& operator=(OfBatch const&) = delete;
    ~OfBatch() { batchOfThread = before; }
    std::int64_t before;
};

/// The graph whose nodes this thread may ask for batches now: it, or whoever gave it its task, has the turn.
inline constinit thread_local void const* turnOfThread = nullptr;

struct OfTurn {
    explicit OfTurn(void const* graph) : before(turnOfThread) { turnOfThread = graph; }
    OfTurn(OfTurn const&) = delete;
    OfTurn& operator=(OfTurn const&) = delete;
    ~OfTurn() { turnOfThread = before; }
    void const* before;
};

}  // namespace sluice::inline SLUICE_ABI::detail
