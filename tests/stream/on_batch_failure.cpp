#include <sluice/stream/config.hpp>
#include <sluice/stream/on_batch_failure.hpp>

#include <doctest/doctest.h>

using namespace sluice;

// What each of them does: tests/runtime/batch_runner.cpp.

TEST_CASE("a setting is read as it is written")
{
    static_assert(!OnBatchFailure{}.last && OnBatchFailure{}.retries == 0);
    static_assert(OnBatchFailure{stop}.last == stop);
    static_assert(retry(2).retries == 2 && !retry(2).last);
    static_assert(retry(2).then(proceed).last == proceed);
    Config const config{.onBatchFailure = retry(3).then(stop)};
    CHECK(config.onBatchFailure.retries == 3);
    CHECK(config.onBatchFailure.last == stop);
    Config const other{.onBatchFailure = proceed};
    CHECK(other.onBatchFailure.last == BatchFailure::proceed);
}
