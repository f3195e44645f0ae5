#pragma once

#include <sluice/batch/macros.hpp>

#include <optional>

namespace sluice::inline SLUICE_ABI {

/// What follows a batch of which a job has failed, or could not be planned, as often as it was tried.
enum class BatchFailure {
    proceed,  ///< it is skipped, and told to listeners and the log; the next one runs
    stop,     ///< the context stops by itself; with a `checkpoint` the next start runs the batch again
};
using enum BatchFailure;

/// The setting of what happens when a batch fails: `proceed`, `stop`, or `retry(n)`, which runs what has failed up to n
/// times more before either. Whatever it is, the other jobs of the batch run, and `awaitTermination` throws what failed.
/// Where nothing is said it is `stop` in a context with state, which a skipped batch would be missing in, and in one with a
/// `checkpoint`, whose next start begins with the batch that failed; else `proceed`.
///
/// A job that runs again does so at once, in its place among the others; it is one output operation to listeners, and only
/// its last failure counts. Results that were made stay, those that could not be made are made anew.
///
/// ```cpp
/// Config const config{.onBatchFailure = retry(3).then(stop)};
/// CHECK(config.onBatchFailure.retries == 3);
/// CHECK(config.onBatchFailure.last == stop);
/// CHECK(!Config{}.onBatchFailure.last);
/// ```
struct OnBatchFailure {
    unsigned retries = 0;
    std::optional<BatchFailure> last{};  ///< when all has been tried; unset: what the graph needs

    constexpr OnBatchFailure() = default;
    constexpr OnBatchFailure(BatchFailure what) : last(what) {}  // NOLINT: implicit, as it is written

    [[nodiscard]] constexpr OnBatchFailure then(BatchFailure what) const
    {
        OnBatchFailure both{what};
        both.retries = retries;
        return both;
    }
};

/// What fails in a batch is run up to so many times more: `retry(3)`, `retry(3).then(stop)`.
///
/// ```cpp
/// static_assert(retry(3).then(proceed).retries == 3);
/// ```
[[nodiscard]] constexpr OnBatchFailure retry(unsigned times)
{
    OnBatchFailure setting;
    setting.retries = times;
    return setting;
}

}  // namespace sluice::inline SLUICE_ABI
