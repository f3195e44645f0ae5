#pragma once

#include <sluice/checkpoint/write_ahead_log.hpp>
#include <sluice/stream/config.hpp>
#include <sluice/stream/graph.hpp>

#include <set>

namespace sluice::inline SLUICE_ABI::detail {

/// An input whose records are written down before batches use them, as far as it does not depend on what they are.
///
/// Blocks have numbers, ascending in the order in which they were written. A batch is known by those that it has, in the order in which they
/// lie in it; what is kept of the input is which are done.
class ReceivedPart : public CheckpointedPart {
public:
    using Ids = std::vector<std::uint64_t>;

    [[nodiscard, gnu::cold]] std::string name() const final { return label().name != nullptr ? label().name : ""; }
    [[nodiscard]] ReceivedPart* received() final { return this; }
    /// Of its records, encoded.
    [[nodiscard]] virtual std::string schema() const = 0;

    // What was kept before the log is read.
    [[gnu::cold]] void open(Time, std::string_view, std::string_view) final {}
    [[gnu::cold]] void load(std::string_view key, std::string_view value) final;
    [[gnu::cold]] void replay(Time t, std::string_view blocks) final;
    /// A block of the log; whether it is needed.
    [[gnu::cold]] bool found(FoundBlock const& block);
    /// That were all. What is in no batch waits for the next one that begins.
    [[gnu::cold]] void begin(Counted<WriteAheadLog> log, std::size_t stream);

    // Batches.
    [[gnu::cold]] bool begun(Time t, std::string& blocks) final;
    [[gnu::cold]] void save(Time t, bool whole, CheckpointSink& to) final;
    [[gnu::cold]] void lasts(Time t) final;

    /// Nothing is received any more: what waits for a batch goes to the log.
    virtual void flush() = 0;

protected:
    struct Unfinished {
        Time time;
        Ids blocks;
    };

    /// What the batch has that was fixed at t; false: nothing is known of it.
    [[nodiscard]] virtual bool blocksOf(Time t, Ids& ids) const = 0;
    /// Keeps a block that was found, for its batch; gives those that are in none to the store, in this order.
    virtual void keepFound(FoundBlock const& block) = 0;
    virtual void putBack(Ids const& ids) = 0;
    /// The position that was stored last, of the process before.
    virtual void standsAt(std::string const& position) = 0;
    [[nodiscard]] virtual GraphCore const& graph() const = 0;

    /// A block for what comes next, and to the log with it.
    [[nodiscard, gnu::cold]] LogBlock block(std::string_view const* position = nullptr) const;
    [[nodiscard, gnu::cold]] std::uint64_t post(LogBlock block);
    [[nodiscard, gnu::cold]] bool store(LogBlock block, std::string_view const* position, void (*put)(void*, std::uint64_t), void* context);
    /// The batch of another process that begins again.
    [[nodiscard, gnu::cold]] std::optional<Ids> unfinishedAt(Time t);

    [[nodiscard]] bool hasLog() const { return static_cast<bool>(log_); }

private:
    [[gnu::cold]] void setDone(std::uint64_t id);
    [[nodiscard]] bool isDone(std::uint64_t id) const { return id < until_ && !notDone_.contains(id); }
    [[gnu::cold]] void warn(Time t, std::string text) const;

    Counted<WriteAheadLog> log_;
    std::size_t stream_ = 0;
    std::deque<Unfinished> unfinished_;
    std::set<std::uint64_t> found_;
    std::uint64_t next_ = 0;  // the number behind all that is known

    std::mutex mutex_;                                 // over what follows
    std::uint64_t until_ = 0;                          // all blocks below are done,
    std::set<std::uint64_t> notDone_;                  // but these
    std::optional<std::string> position_;              // that was stored last
    std::uint64_t positionOf_ = 0;                     // with that block
    std::deque<std::pair<Time, std::uint64_t>> ends_;  // blocks that are done with a batch, until that lasts
};

}  // namespace sluice::inline SLUICE_ABI::detail

#include <sluice/checkpoint/received_part.ipp>
