#pragma once

#include <sluice/batch/place.hpp>
#include <sluice/batch/callback.hpp>
#include <sluice/stream/clock.hpp>
#include <sluice/stream/time.hpp>

#include <optional>
#include <string>

namespace sluice::inline SLUICE_ABI {

/// How much a message matters.
enum class LogLevel { info, warning, error };

/// What the library would tell a log: it prints nothing itself.
struct LogEntry {
    LogLevel level;
    Label label;                    ///< the operator, source or output it is about; its kind is empty where none is
    std::optional<Time> batchTime;  ///< the batch it is about
    std::string text;
};

/// What becomes of a context when a batch has failed for good.
enum class BatchFailure {
    proceed,  ///< later batches run; the batch is never done
    stop      ///< the context stops by itself
};

/// What is done about a batch that fails: `BatchFailure::proceed`, `BatchFailure::stop`, or one of them after so many more
/// attempts, `retry(3).then(BatchFailure::stop)`.
///
/// ```cpp
/// OnBatchFailure const policy = retry(3).then(BatchFailure::stop);
/// CHECK(policy.retries == 3);
/// CHECK(policy.last == BatchFailure::stop);
/// ```
struct OnBatchFailure {
    unsigned retries = 0;
    BatchFailure last = BatchFailure::proceed;

    constexpr OnBatchFailure() = default;
    constexpr OnBatchFailure(BatchFailure what) : last(what) {}  // NOLINT: implicit, it is one
    [[nodiscard]] constexpr OnBatchFailure then(BatchFailure what) const
    {
        OnBatchFailure policy{what};
        policy.retries = retries;
        return policy;
    }
};

/// So many more attempts: the jobs of a batch that failed are described and run again, at once.
[[nodiscard]] constexpr OnBatchFailure retry(unsigned attempts)
{
    OnBatchFailure policy;
    policy.retries = attempts;
    return policy;
}

/// What becomes of ticks that come too late to be on time.
enum class CatchUp {
    all,    ///< each makes its batch, late, with its own time, one after another
    latest  ///< a tick that is a whole interval late, or finds an earlier batch still waiting to begin, makes none: what
            ///< was received goes into the next one
};

/// The settings of a context, in the order of their documentation: a designated initialiser has to keep it. Each has a
/// default; durations are `std::chrono` durations, sizes bytes.
///
/// ```cpp
/// Config const config{.master = "local[4]", .appName = "Counts", .receiverRestartDelay = 500ms};
/// CHECK(config.defaultParallelism == 0);
/// ```
struct Config {
    /// `local[N]`: N workers, the job thread one of them. `local`: one. `local[*]`: as many as the machine has cores.
    /// `inline`: none; batches run in the thread that ticks the clock.
    std::string master = "local[2]";
    /// A name for people.
    std::string appName{};
    /// Partitions of received batches and of exchanges where nobody says; 0: the N of `local[N]`.
    std::size_t defaultParallelism = 0;
    /// Bytes of received, not yet processed records, for each receiver: beyond it `store` waits, and so the sender does.
    /// A single record above the bound passes when it is alone. What windows and `remember` keep is not counted.
    std::size_t maxReceivedBytes = std::size_t{256} << 20;
    /// From the end of a receiver, or of its connection, to its next start.
    Duration receiverRestartDelay = std::chrono::seconds{2};
    /// What `stop()` does about the `Context`.
    bool stopContextByDefault = true;
    /// The deadline of a graceful stop; unset: ten batch intervals.
    std::optional<Duration> gracefulStopTimeout{};
    /// How long file streams look back: older files are ignored, those selected within it are not selected again.
    Duration fileStreamMinRememberDuration = std::chrono::seconds{60};
    /// What is done about a batch that fails. Outputs that did not fail run, and are not run again, in any case.
    OnBatchFailure onBatchFailure{};
    /// What becomes of ticks that are late.
    CatchUp catchUp = CatchUp::all;
    /// The clock; unset: a `SystemClock` of its own.
    Clock clock{};
    /// Whether another exclusive context may be active in the process at the same time: no.
    bool exclusive = true;
    /// Takes what the library has to tell; called from any of its threads, one call at a time.
    Callback<void(LogEntry const&)> log{};
    /// Called first in each thread that the library starts, with the thread's name: to pin, prioritise or register it.
    Callback<void(std::string const& name)> onThreadStart{};
};

}  // namespace sluice::inline SLUICE_ABI
