#pragma once

#include <sluice/batch/key.hpp>
#include <sluice/batch/key_index.hpp>
#include <sluice/batch/list.hpp>
#include <sluice/batch/place.hpp>
#include <sluice/stream/batch_of_thread.hpp>
#include <sluice/stream/node.hpp>

#include <atomic>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// One file although it is long: what nodes, contexts and clocks ask of a graph stands together, and its bodies beside it (graph.ipp).

namespace sluice::inline SLUICE_ABI {

struct Config;
struct LogEntry;
enum class Compression : unsigned char;

namespace detail {

/// What a graph belongs to, as far as inputs ask for it. An `IntervalClock` is none: its inputs take the defaults.
struct GraphOwner {
    [[nodiscard]] virtual Config const& config() const = 0;
    [[nodiscard]] virtual Time now() const = 0;
    virtual void log(LogEntry const& entry) = 0;

protected:
    ~GraphOwner() = default;
};

/// A name as text that lasts, the same pointer for the same name: labels point to it, and so do batches and errors that
/// outlive everything else.
[[gnu::cold]] char const* lastingName(std::string_view name);

/// What a source reads, or an output writes to, by a text that lasts; null where it has no `about()`.
template <class T>
char const* aboutOf(T const& of)
{
    if constexpr (requires { std::string_view{of.about()}; }) return lastingName(of.about());
    else return nullptr;
}

/// Who has which name.
class NameHolders {
public:
    /// Who has the name of this label already, and keeps it; null: nobody had.
    [[gnu::cold]] Label const* add(Label const& label);

private:
    List<Label> all_;
    KeyIndex index_;
};

/// How errors name what runs a graph.
struct GraphNames {
    char const* type = "Graph";
    char const* start = "start()";  // the call that begins
    char const* noun = "context";
};

/// The inputs, nodes and outputs of one context. Streams hold it, and outlive the context: then it says so. Several threads
/// may build it at once: each call that adds something is whole, and what comes first is first.
class GraphCore : public RefCounted {
public:
    enum class Phase { building, started, stopped, gone };

    /// An interval that is not positive: `InvalidArgument`.
    [[nodiscard]] [[gnu::cold]] static Counted<GraphCore> make(Duration interval, GraphNames const& names = {});
    [[gnu::cold]] ~GraphCore();

    /// Refuses what may be done only before the start.
    [[gnu::cold]] void requireBuilding(Label const& label) const;

    /// Every node is held until the graph disbands: a batch that ends tells all of them.
    [[gnu::cold]] void add(Counted<StreamNode> node);
    [[gnu::cold]] void addInput(Counted<InputNode> const& input);
    /// `from` is the drawn step of its stream.
    [[gnu::cold]] void addOutput(Counted<OutputNode> const& output, std::size_t from, char const* about = nullptr);
    [[gnu::cold]] void add(Counted<BatchScoped> const& scoped);

    /// What drawings show: DrawnSteps, in the order in which they were written, and which leads to which.
    ///
    /// A stream asks the one before it for its batch, and so does a batch: each step lies on the stack of the one behind it.
    /// While compiling their number has an end; a loop that writes `stream = stream | op` has none, and is refused where all
    /// the rest of the stack might be needed. A union adds nothing to the depth (`deeper` is 0): see UnitedStreams.
    [[gnu::cold]] std::size_t addStep(DrawnStep::Kind kind, Label const& label, std::initializer_list<std::size_t> behind = {});
    [[gnu::cold]] std::size_t addStep(DrawnStep::Kind kind, Label const& label, std::size_t const* behind, std::size_t count,
                                      std::size_t deeper);
    [[gnu::cold]] void renameStep(std::size_t step, char const* name);
    [[gnu::cold]] void tellOfStep(std::size_t step, char const* about);
    [[nodiscard]] auto const& steps() const { return steps_; }
    [[nodiscard]] auto const& edges() const { return edges_; }

    /// Said when the node stands whole: one that is refused while it is made leaves nothing behind.
    [[gnu::cold]] void addHolding(HoldingNode& node);
    [[nodiscard]] auto const& holding() const { return holding_; }

    /// Whether a batch needs those before it.
    void addState() { hasState_ = true; }
    [[nodiscard]] bool hasState() const { return hasState_; }

    /// Said by a node that is asked for the batch that is being planned, behind those before it: so they are updated in that order.
    void addDue(LastingNode& node) { due_.push_back(&node); }
    [[nodiscard]] bool hasDue() const { return !due_.empty(); }

    /// Whoever has the turn: nodes are asked for batches, brought up to them and told to forget them by one thread at a time. So
    /// `slice` may be called from everywhere. The workers of a loop that runs within a turn have it, too.
    class Turn {
    public:
        explicit Turn(GraphCore const& graph) : graph_(turnOfThread == &graph ? nullptr : &graph), mark_(&graph)
        {
            if (graph_ != nullptr) graph_->turn_.lock();
        }
        Turn(Turn const&) = delete;
        Turn& operator=(Turn const&) = delete;
        ~Turn()
        {
            if (graph_ != nullptr) graph_->turn_.unlock();
        }
        /// Whether it began here, and not within another one.
        [[nodiscard]] bool outermost() const { return graph_ != nullptr; }

    private:
        GraphCore const* graph_;
        OfTurn mark_;
    };

    /// What is due is due no longer: update(node) for each, in order.
    template <class Update>
    void updateDue(Update&& update)
    {
        for (std::size_t i = 0; i < due_.size(); ++i) update(*due_[i]);
        due_.clear();
    }
    /// What is due is brought up to its batch; one that throws is abandoned. The first failure is thrown when all have been tried.
    [[gnu::cold]] void updateAllDue();
    [[gnu::cold]] void abandonDue();

    /// Keeps a name, and remembers who took it.
    char const* addName(std::string_view name, Label const& label)
    {
        auto const* const lasting = lastingName(name);
        std::lock_guard const lock{mutex_};
        requireBuilding(label);
        Label const named{label.kind, label.at, lasting};
        auto const* const other = names_.add(named);
        if (other != nullptr && nameTwice_.empty()) nameTwice_ = concat({where(*other), " and to ", where(named)});
        return lasting;
    }

    /// Remembers where an output writes, and refuses another one of the same place: each would overwrite the other.
    [[gnu::cold]] void addTarget(std::string_view path, Label const& label);

    /// The checks of `start`: there is an output, and no name is taken twice.
    [[gnu::cold]] void validate() const;

    /// Batch times are zero + k * interval, k >= 1; those before `first` were those of another process.
    [[gnu::cold]] void start(Time zero, Time first = Time{Duration::min()});
    [[nodiscard]] Time first() const { return first_; }
    void setPhase(Phase phase) { phase_ = phase; }
    [[nodiscard]] Phase phase() const { return phase_; }

    /// Lets go of all that would hold this graph in a ring.
    [[gnu::cold]] void disband();

    [[nodiscard]] bool isValid(Time t, Duration slide) const { return t > zero_ && (t - zero_) % slide == Duration{0}; }

    /// Batch t is going to be planned.
    void begin(Time t)
    {
        reached_ = t;
        if (hasScoped_.load(std::memory_order_acquire)) tellScoped(&BatchScoped::begin, t);
    }

    /// Frees what no remembered batch needs, when batch t is done: at once, or after the time to remember.
    void evict(Time t)
    {
        if (hasScoped_.load(std::memory_order_acquire)) tellScoped(&BatchScoped::finish, t);
        std::lock_guard const lock{mutex_};
        for (auto i = nodes_.size(); i-- > 0;) {  // downstream first: what nobody holds any more is used again
            nodes_[i]->evict(t - remember_);
        }
    }

    [[gnu::cold]] void setRemember(Duration d);

    [[nodiscard]] GraphNames const& names() const { return called_; }
    /// The batch that was planned last.
    [[nodiscard]] Time reached() const { return reached_; }
    /// Refuses a batch that has not begun, for what it would move.
    void requireReached(Label const& label, Time t) const
    {
        if (t > reached_) notReached(label, t);
    }

    [[nodiscard]] Duration interval() const { return interval_; }
    [[nodiscard]] Time zero() const { return zero_; }
    [[nodiscard]] bool wasStarted() const { return started_; }
    [[nodiscard]] EnginePlace const& place() const { return place_; }
    void setPlace(EnginePlace place) { place_ = std::move(place); }
    void setOwner(GraphOwner* owner) { owner_ = owner; }
    /// Null where there is none.
    [[nodiscard]] GraphOwner* owner() const { return owner_; }
    /// Who writes what is logged where there is no owner.
    void setLog(void (*write)(LogEntry const&)) { log_ = write; }
    [[gnu::cold]] void log(LogEntry const& entry) const;
    [[nodiscard]] Duration remembered() const { return remember_; }
    void setMaxReceivedBytes(std::size_t bytes) { maxReceivedBytes_ = bytes; }
    [[nodiscard]] std::size_t maxReceivedBytes() const { return maxReceivedBytes_; }
    /// What caches on a disk are told, and others that write there: `Config::maxCachedBytes`, `localDirectory` and `compression`.
    void setCaching(std::size_t most, std::string directory, Compression compression)
    {
        maxCachedBytes_ = most;
        localDirectory_ = static_cast<std::string&&>(directory);
        compression_ = compression;
    }
    [[nodiscard]] Compression compression() const { return compression_; }
    [[nodiscard]] std::size_t maxCachedBytes() const { return maxCachedBytes_; }
    [[nodiscard]] std::string const& localDirectory() const { return localDirectory_; }
    /// Said once, before the start. Null: nothing is kept.
    [[gnu::cold]] void setCheckpointing(Counted<Checkpointing> keeper, Label const& label);
    [[nodiscard]] Checkpointing* checkpointing() const { return checkpointing_.get(); }
    [[nodiscard]] Label const& checkpointingLabel() const { return checkpointingLabel_; }
    /// Which this holds.
    void setCommit(BatchCommit& commit) { commit_ = &commit; }
    [[nodiscard]] BatchCommit* commit() const { return commit_; }
    /// A part that is kept, beside the inputs.
    [[gnu::cold]] void addCheckpointed(Counted<CheckpointedPart> part);
    [[nodiscard]] auto const& checkpointed() const { return checkpointed_; }
    /// A step of the batch begins, or has failed and may be tried again: where one step runs at a time.
    [[gnu::cold]] void attempt(bool failed);
    void setRateLimits(Counted<RateLimits> limits) { rateLimits_ = std::move(limits); }
    /// One for an input, or null: none.
    [[nodiscard]] [[gnu::cold]] Counted<RateLimit> rateLimit() const;
    [[nodiscard]] auto const& inputs() const { return inputs_; }
    [[nodiscard]] auto const& outputs() const { return outputs_; }

private:
    [[gnu::cold]] GraphCore(Duration interval, GraphNames const& names) noexcept;

    [[noreturn]] [[gnu::cold]] static void notReached(Label const& label, Time t);

    [[gnu::cold]] void tellScoped(void (BatchScoped::*what)(Time), Time t);

    GraphNames called_;
    Duration interval_;
    Duration remember_{0};
    Time zero_{};
    Time first_{};
    Time reached_{Duration::min()};  // read and written in a turn
    mutable std::recursive_mutex turn_;
    bool started_ = false;  // and stays so
    std::atomic<Phase> phase_{Phase::building};
    EnginePlace place_;
    GraphOwner* owner_ = nullptr;
    void (*log_)(LogEntry const&) = nullptr;
    std::size_t maxReceivedBytes_ = ~std::size_t{0};
    std::size_t maxCachedBytes_ = std::size_t{256} << 20;
    std::string localDirectory_;
    Compression compression_{};
    Counted<RateLimits> rateLimits_;
    Counted<Checkpointing> checkpointing_;
    Label checkpointingLabel_{};
    BatchCommit* commit_ = nullptr;
    List<Counted<CheckpointedPart>> checkpointed_;
    List<Counted<InputNode>> inputs_;
    List<Counted<OutputNode>> outputs_;
    NameHolders names_;
    std::string nameTwice_;
    List<Counted<Box<std::string>>> targetPaths_;
    NameHolders targets_;
    List<DrawnStep> steps_;
    List<std::pair<std::size_t, std::size_t>> edges_;
    std::atomic<bool> hasState_ = false;
    List<HoldingNode*> holding_;  // nodes_ holds them
    List<LastingNode*> due_;
    std::atomic<bool> hasScoped_{false};
    mutable std::mutex mutex_;  // over what is added, and over what follows: a stream may be erased while batches run
    List<Counted<BatchScoped>> scoped_;
    List<Counted<StreamNode>> nodes_;
};

}  // namespace detail

/// What sources, streams and outputs know of the context that runs them: a `StreamingContext` and an `IntervalClock`
/// are one. It registers inputs and outputs, and says whether more may come. Streams and outputs may be made in several threads
/// at once; outputs run in the order in which they were registered.
///
/// ```cpp
/// IntervalClock clock{1s};
/// Graph const& graph = clock;
/// CHECK(graph.batchInterval() == 1s);
/// ```
class Graph {
public:
    explicit Graph(Duration interval, detail::GraphNames const& names = {}) : core_(detail::GraphCore::make(interval, names)) {}
    Graph(Graph const&) = delete;
    Graph& operator=(Graph const&) = delete;

    [[nodiscard]] Duration batchInterval() const { return core_->interval(); }

    // For those who write sources, operators and outputs.
    [[nodiscard]] detail::Counted<detail::GraphCore> const& core() const { return core_; }

protected:
    ~Graph() { core_->disband(); }

private:
    detail::Counted<detail::GraphCore> core_;
};

namespace detail {

/// Makes a node and enters it in its graph.
template <class Node, class... Args>
SLUICE_COLD Counted<Node> addNode(Counted<GraphCore> const& graph, Args&&... args)
{
    auto node = makeCounted<Node>(static_cast<Args&&>(args)...);
    graph->add(Counted<StreamNode>{node});
    if constexpr (std::is_base_of_v<HoldingNode, Node>) graph->addHolding(*node);
    if constexpr (std::is_base_of_v<LastingNode, Node>) graph->addState();
    return node;
}

/// Makes an input and enters it in its graph.
template <class Node, class... Args>
SLUICE_COLD Counted<Node> addInput(Graph const& graph, Label const& label, Args&&... args)
{
    graph.core()->requireBuilding(label);
    auto node = makeCounted<Node>(graph.core(), label, static_cast<Args&&>(args)...);
    graph.core()->addInput(Counted<InputNode>{node});
    return node;
}

#ifdef SLUICE_COMPILED
extern template class Counted<GraphCore>;   // <sluice/compiled.cpp>
extern template class Counted<StreamNode>;  // <sluice/compiled.cpp>
extern template class Counted<InputNode>;   // <sluice/compiled.cpp>
extern template class Counted<OutputNode>;  // <sluice/compiled.cpp>
#endif

}  // namespace detail
}  // namespace sluice::inline SLUICE_ABI

#ifndef SLUICE_COMPILED
#include <sluice/stream/graph.ipp>
#endif
