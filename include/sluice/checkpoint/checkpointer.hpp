#pragma once

#include <sluice/checkpoint/checkpoint_store.hpp>
#include <sluice/checkpoint/received_part.hpp>
#include <sluice/io/monitor.hpp>
#include <sluice/io/thread.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/stream/require_kept.hpp>

#include <deque>
#include <variant>

namespace sluice::inline SLUICE_ABI {

/// How a context keeps what must last: see `checkpoint`.
///
/// ```cpp
/// CheckpointOptions const options{.interval = 10s};
/// CHECK(options.drop.empty());
/// ```
struct CheckpointOptions {
    /// How often what batches have changed is made to last: a multiple of the batch interval; unset: with each batch. A start after a crash
    /// runs the batches since then again. What each costs follows what has changed, a state once however many of the batches have changed
    /// it; `updateStateByKey` changes all of its states in each batch.
    std::optional<Duration> interval{};
    /// Names of states and inputs which the directory knows and the program has no more: they are forgotten. Others that it does not have
    /// are refused at `start`.
    std::vector<std::string> drop{};
    /// Of what is received by the inputs that are kept.
    WriteAheadLogOptions writeAheadLog{};
};

namespace detail {

/// Keeps a graph in a directory. What changes is gathered by the threads of the jobs, and written by a thread of its own, which writes and
/// syncs at once what has come meanwhile, in its order; but what batches have, for which they wait, between the pieces of a long commit.
class Checkpointer final : public Checkpointing {
public:
    [[gnu::cold]] Checkpointer(GraphCore& graph, std::string directory, CheckpointOptions options, Label const& label);
    [[gnu::cold]] ~Checkpointer() override;

    [[nodiscard]] std::string const& directory() const override { return directory_; }
    [[gnu::cold]] Grid start(GraphCore& graph, Time zero) override;
    [[gnu::cold]] void begun(Time t) override;
    [[gnu::cold]] void awaitBegun(Time t) override;
    [[gnu::cold]] void committed(Time t) override;
    [[gnu::cold]] void close() noexcept override;
    [[gnu::cold]] void stop() override;

private:
    struct Named {
        Counted<CheckpointedPart> part;
        CheckpointedState state;
    };
    using Item = std::variant<CheckpointedBatch, CheckpointCommit>;

    static constexpr std::size_t mostWaiting = std::size_t{64} << 20;  // bytes of commits

    [[gnu::cold]] void findParts();
    [[gnu::cold]] void requireKept() const;
    [[gnu::cold]] void requireAttempts() const;
    [[gnu::cold]] Grid restore(CheckpointReader const& found, Time first);
    [[gnu::cold]] void requireKnown(std::string const& unknown) const;
    [[gnu::cold]] void load(CheckpointReader const& found, Named& named);
    [[gnu::cold]] void replay(CheckpointedBatch const& batch);
    [[gnu::cold]] void openLog();
    [[gnu::cold]] void closeLog();
    [[gnu::cold]] void tellLasting(Time t);
    [[gnu::cold]] void requireWriting();
    [[gnu::cold]] void write() noexcept;
    [[gnu::cold]] void writeAll(std::deque<Item>& items);
    [[gnu::cold]] void writeBegunAhead(std::deque<Item>& items, std::optional<Time>& begun);
    [[gnu::cold]] void lastsUpTo(Time t);
    [[nodiscard]] bool isDue(Time t) const { return (t - grid_.zero) % every_ == Duration{0}; }
    [[gnu::cold]] void beginGathering(Time t);
    [[gnu::cold]] void gatherFrom(Time t, bool whole);
    [[gnu::cold]] void postGathered(Time t);
    [[gnu::cold]] void fail(std::exception_ptr error);

    GraphCore& graph_;  // which holds this
    CheckpointOptions options_;
    Label label_;
    std::string directory_;
    Duration every_;
    std::optional<CheckpointStore> store_;
    std::vector<Named> parts_;
    std::size_t inputs_ = 0;  // of them, the first ones
    std::vector<CheckpointedState> dropped_;
    Counted<WriteAheadLog> log_;  // of what is received; null: nothing is kept of that
    Grid grid_{};
    RecordMemory memory_;
    std::optional<CheckpointCommit> gathered_;  // since the last commit
    Time last_{};                               // the last batch that was done
    std::atomic<bool> closed_{false};

    mutable io::Monitor monitor_;  // over what follows
    std::deque<Item> waiting_;
    std::size_t waitingBytes_ = 0;
    Time lasting_{Duration::min()};  // the newest batch of which what it has lasts, or what was known before the first one
    bool ends_ = false;
    std::exception_ptr failure_;
    bool failureTold_ = false;  // somebody has been thrown it
    std::thread writer_;
};

}  // namespace detail
}  // namespace sluice::inline SLUICE_ABI

#include <sluice/checkpoint/checkpointer.ipp>
