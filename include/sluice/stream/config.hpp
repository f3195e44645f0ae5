#pragma once

#include <sluice/batch/callback.hpp>
#include <sluice/batch/place.hpp>
#include <sluice/stream/clock.hpp>
#include <sluice/stream/on_batch_failure.hpp>
#include <sluice/stream/time.hpp>

#include <optional>
#include <string>

namespace sluice::inline SLUICE_ABI {

/// How much a message matters.
enum class LogLevel { info, warning, error };

/// What the library tells the log: `Config::log`.
struct LogEntry {
    LogLevel level;
    Label label;                    ///< the operator, source or output it is about; its kind is empty where none is
    std::optional<Time> batchTime;  ///< the batch it is about
    std::string text;
};

namespace detail {

struct Silent {
    void operator()(LogEntry const&) const {}
};

}  // namespace detail

/// A log that takes nothing: `Config{.log = silent}`.
///
/// ```cpp
/// Config const config{.log = silent};
/// CHECK(config.log);
/// ```
inline constexpr detail::Silent silent{};

/// How bytes are compressed that go to a disk: `Config::compression`.
///
/// ```cpp
/// CHECK(Config{}.compression == Compression::none);
/// ```
enum class Compression : unsigned char {
    none,
    zstd  ///< by `<sluice/zstd.hpp>`, which needs libzstd
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
    /// `inline`: none; batches run in the thread that ticks the clock. A `Context` may be given the host's threads instead.
    std::string master = "local[2]";
    /// A name for people: the error of another exclusive context says it.
    std::string appName{};
    /// Whether each receiver, and each pull source that takes a bound, is held to as many records a second as batches have been
    /// seen to process: by a PID controller, which looks at each batch that went well. It never exceeds `receiverMaxRate`.
    bool backpressureEnabled = false;
    /// Records a second until the controller knows more, from the first batch on. Unset: `receiverMaxRate`; where that is no limit,
    /// `backpressurePidMinRate`, so that no batch is without bound.
    std::optional<double> backpressureInitialRate{};
    /// The controller's name: there is `pid`. Looked at when the context is made.
    char const* backpressureRateEstimator = "pid";
    /// How much it answers to the last batch's having been faster or slower than the limit; 0 or more.
    double backpressurePidProportional = 1;
    /// How much it answers to what piles up: how late batches begin; 0 or more.
    double backpressurePidIntegral = 0.2;
    /// How much it answers to how that difference changes; 0 or more.
    double backpressurePidDerived = 0;
    /// Records a second that it never goes below; more than 0.
    double backpressurePidMinRate = 100;
    /// Records a second that each receiver takes, and each pull source that takes a bound, from the first batch on; 0 or less: no
    /// limit. A batch has at most what its interval allows; beyond it `store` waits, and so the sender does. It counts the time of
    /// the clock.
    double receiverMaxRate = 0;
    /// Partitions of received batches and of exchanges where nobody says; 0: the N of `local[N]`.
    std::size_t defaultParallelism = 0;
    /// Bytes of received, not yet processed records, for each receiver: beyond it `store` waits, and so the sender does; or, where
    /// `spill()` stands behind the input, what comes goes to the disk.
    /// A single record above the bound passes when it is alone. What a record holds says `BytesOf`. What windows and
    /// `remember` keep is not counted.
    std::size_t maxReceivedBytes = std::size_t{256} << 20;
    /// Bytes of records that each `cache(Storage::memoryThenDisk)` keeps in memory, as `BytesOf` counts them: what comes beyond it is
    /// kept on the disk.
    std::size_t maxCachedBytes = std::size_t{256} << 20;
    /// The directory of the files of caches on a disk and of `spill()`, which have no name there and are gone with the process. Empty:
    /// what the environment's `TMPDIR` says, else `/tmp`.
    std::string localDirectory{};
    /// Of what `saveAsObjectFiles` writes, of the images of a checkpoint, of caches on a disk and of `spill()`: where it is not `none` the
    /// header that brings it is to be included, else making the context is `Unsupported`. Files that last say how they are compressed, and
    /// are read whatever is set here.
    Compression compression = Compression::none;
    /// From the end of a receiver, or of its connection, to its next start; time of the clock.
    Duration receiverRestartDelay = std::chrono::seconds{2};
    /// Where set, that delay doubles, up to this, whenever a receiver ends without having received anything, and a random part
    /// of it, up to a half, is left out: so that programs do not all come back at once. Unset: it stays as it is.
    std::optional<Duration> maxReceiverRestartDelay{};
    /// What `stop()` does about the `Context`.
    bool stopContextByDefault = true;
    /// The deadline of a graceful stop, in real time whatever the clock is; unset: ten batch intervals.
    std::optional<Duration> gracefulStopTimeout{};
    /// How many jobs may run at once, of one batch and of those behind it; each on a thread of its own. The work within a
    /// job is spread over the workers as ever. Under the master `inline`, and across batches where there is state: one.
    std::size_t concurrentJobs = 1;
    /// How many completed batches a `StatisticsListener` keeps.
    std::size_t retainedBatches = 1000;
    /// How long file streams look back, by the clock: older files are ignored, those selected within it are not selected again.
    Duration fileStreamMinRememberDuration = std::chrono::seconds{60};
    /// What happens when a batch fails: `proceed`, `stop`, `retry(n)`, `retry(n).then(stop)`; where nothing is said `stop` in a
    /// context with state or with a checkpoint, else `proceed`.
    OnBatchFailure onBatchFailure{};
    /// What becomes of ticks that come late. Under `CatchUp::latest` a tick makes no batch either while another batch waits
    /// for its turn: a program that cannot keep up has fewer and larger batches, and no queue.
    CatchUp catchUp = CatchUp::all;
    /// How late a batch may begin, or still wait; more than 0. At the first tick at which one is later, the context stops, and
    /// `awaitTermination` throws. Unset: however late. That batches begin later and later is told to the log either way.
    std::optional<Duration> maxSchedulingDelay{};
    /// The clock; unset: a `SystemClock` of its own.
    Clock clock{};
    /// Whether another exclusive context may be active in the process at the same time: no.
    bool exclusive = true;
    /// Takes what the library has to tell; called from any of its threads, one call at a time. Unset: warnings and errors are
    /// written to standard error, a line each: time (UTC), level, operator and batch, text. `silent` turns that off; nothing
    /// else is ever printed.
    Callback<void(LogEntry const&)> log{};
    /// Called first in each thread that the library starts, with the thread's name: to pin, prioritise or register it. It must
    /// not throw, as a thread's function must not.
    Callback<void(std::string const& name)> onThreadStart{};
};

}  // namespace sluice::inline SLUICE_ABI
