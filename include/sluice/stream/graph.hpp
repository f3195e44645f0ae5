#pragma once

#include <sluice/batch/key.hpp>
#include <sluice/batch/key_index.hpp>
#include <sluice/batch/place.hpp>
#include <sluice/stream/batch_of_thread.hpp>
#include <sluice/stream/list.hpp>
#include <sluice/stream/node.hpp>
#include <sluice/stream/rate_limit.hpp>

#include <atomic>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::inline SLUICE_ABI {

struct Config;
struct LogEntry;

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
SLUICE_COLD inline char const* lastingName(std::string_view name)
{
    struct Names {
        std::mutex mutex;
        List<Counted<Box<std::string>>> all;
        KeyIndex index;
    };
    static auto& names = *new Names;  // never destroyed: errors may be looked at while the program ends
    std::lock_guard const lock{names.mutex};
    auto const tag = static_cast<std::uint32_t>(hashOf(name));
    auto const known = names.index.find(tag, [&](std::uint32_t i) { return names.all[i]->value == name; });
    if (known != KeyIndex::none) return names.all[known]->value.c_str();
    names.index.reserve(names.all.size() + 1);
    names.all.push_back(makeCounted<Box<std::string>>(std::string(name)));
    names.index.insert(tag, static_cast<std::uint32_t>(names.all.size() - 1));
    return names.all.back()->value.c_str();
}

/// Who has which name.
class NameHolders {
public:
    /// The one that has the name of this label already, which then stays the one; null where it is new.
    SLUICE_COLD Label const* add(Label const& label)
    {
        auto const tag = static_cast<std::uint32_t>(hashOf(std::string_view{label.name}));
        auto const known = index_.find(tag, [&](std::uint32_t i) { return all_[i].name == label.name; });  // lasting names
        if (known != KeyIndex::none) return &all_[known];
        index_.reserve(all_.size() + 1);
        all_.push_back(label);
        index_.insert(tag, static_cast<std::uint32_t>(all_.size() - 1));
        return nullptr;
    }

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

    SLUICE_COLD explicit GraphCore(Duration interval, GraphNames const& names = {}) : called_(names), interval_(interval)
    {
        if (interval.count() <= 0) {
            throw InvalidArgument{concat({"sluice::", names.type, ": the batch interval must be positive, got ", toString(interval)})};
        }
    }

    /// Refuses what may be done only before the start.
    SLUICE_COLD void requireBuilding(Label const& label) const
    {
        Phase const phase = phase_;
        if (phase == Phase::building) return;
        char const* const why =
            phase == Phase::started ? " has been started: inputs, transformations and outputs are added before "
            : phase == Phase::stopped ? " has been stopped: no input, transformation or output can be added"
                                      : " of this stream no longer exists";
        throw IllegalState{concat({where(label), ": the ", called_.noun, why, phase == Phase::started ? called_.start : ""})};
    }

    /// Every node is held until the graph disbands: a batch that ends tells all of them.
    SLUICE_COLD void add(Counted<StreamNode> node)
    {
        std::lock_guard const lock{mutex_};
        node->number = nodes_.size();
        nodes_.push_back(std::move(node));
    }
    SLUICE_COLD void addInput(Counted<InputNode> const& input)
    {
        std::lock_guard const lock{mutex_};
        requireBuilding(input->label);
        input->id = inputs_.size();
        inputs_.push_back(input);
    }
    /// `from` is the step of its stream.
    SLUICE_COLD void addOutput(Counted<OutputNode> const& output, std::size_t from)
    {
        addStep(Step::output, output->label, {from});
        std::lock_guard const lock{mutex_};
        requireBuilding(output->label);
        output->id = outputs_.size();
        outputs_.push_back(output);
    }
    SLUICE_COLD void add(Counted<BatchScoped> const& scoped)
    {
        std::lock_guard const lock{mutex_};
        scoped_.push_back(scoped);
        hasScoped_.store(true, std::memory_order_release);
    }

    /// What drawings show: steps, in the order in which they were written, and which leads to which.
    ///
    /// A stream asks the one before it for its batch, and so does a batch: each step lies on the stack of the one behind it.
    /// While compiling their number has an end; a loop that writes `stream = stream | op` has none, and is refused where all
    /// the rest of the stack might be needed. Where several are united, none is added: see UnionStream.
    SLUICE_COLD std::size_t addStep(Step::Kind kind, Label const& label, std::initializer_list<std::size_t> behind = {})
    {
        return addStep(kind, label, behind.begin(), behind.size(), 1);
    }
    SLUICE_COLD std::size_t addStep(Step::Kind kind, Label const& label, std::size_t const* behind, std::size_t count, std::size_t deeper)
    {
        std::lock_guard const lock{mutex_};
        requireBuilding(label);
        std::size_t depth = 0;
        for (std::size_t i = 0; i < count; ++i) {
            auto const of = steps_[behind[i]].depth + deeper;
            if (of > depth) depth = of;
        }
        if (kind != Step::output && depth > deepest) {
            throw InvalidArgument{concat({where(label), ": it would be more than ", Digits{deepest}.text(),
                                          " operators deep: where a loop puts one behind the other, let one operator call all their functions "
                                          "(for unions unionAll(streams))"})};
        }
        steps_.push_back({kind, label, depth});
        for (std::size_t i = 0; i < count; ++i) edges_.push_back({behind[i], steps_.size() - 1});
        return steps_.size() - 1;
    }
    SLUICE_COLD void renameStep(std::size_t step, char const* name)
    {
        std::lock_guard const lock{mutex_};
        steps_[step].label.name = name;
    }
    [[nodiscard]] auto const& steps() const { return steps_; }
    [[nodiscard]] auto const& edges() const { return edges_; }

    /// Said when the node stands whole: one that is refused while it is made leaves nothing behind.
    SLUICE_COLD void addHolding(HoldingNode& node)
    {
        std::lock_guard const lock{mutex_};
        holding_.push_back(&node);
    }
    [[nodiscard]] auto const& holding() const { return holding_; }

    /// Whether a batch needs those before it.
    void addState() { hasState_ = true; }
    [[nodiscard]] bool hasState() const { return hasState_; }

    /// Said by a node when it is asked for the batch that is being described, when those before it have said so.
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
    SLUICE_COLD void settleDue()
    {
        std::exception_ptr failure;
        updateDue([&failure](LastingNode& node) {
            try {
                node.update();
            } catch (...) {
                node.abandon();
                if (failure == nullptr) failure = std::current_exception();
            }
        });
        if (failure != nullptr) std::rethrow_exception(failure);
    }
    SLUICE_COLD void abandonDue()
    {
        updateDue([](LastingNode& node) { node.abandon(); });
    }

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
    SLUICE_COLD void addTarget(std::string_view path, Label const& label)
    {
        Label const target{label.kind, label.at, lastingName(path)};
        std::lock_guard const lock{mutex_};
        requireBuilding(label);
        if (auto const* const other = targets_.add(target)) {
            throw InvalidArgument{concat({where(target), ": it would overwrite what is written there already by ", where(*other)})};
        }
    }

    /// The checks of `start`: there is an output, and no name is taken twice.
    SLUICE_COLD void validate() const
    {
        if (outputs_.empty()) {
            throw InvalidArgument{concat({"sluice::", called_.type, "::", called_.start,
                                          ": no output is registered, so nothing would ever run: end a stream with print(), "
                                          "foreachRDD(f) or another output"})};
        }
        if (!nameTwice_.empty()) throw InvalidArgument{concat({"sluice::named: a name is given twice: to ", nameTwice_})};
    }

    /// Batch times are zero + k * interval, k >= 1.
    SLUICE_COLD void start(Time zero)
    {
        std::lock_guard const lock{mutex_};  // whoever adds something now has added it, or is refused
        zero_ = zero;
        started_ = true;
        phase_ = Phase::started;
    }
    void setPhase(Phase phase) { phase_ = phase; }
    [[nodiscard]] Phase phase() const { return phase_; }

    /// Lets go of all that would hold this graph in a ring.
    SLUICE_COLD void disband()
    {
        phase_ = Phase::gone;
        owner_ = nullptr;
        for (auto const& input : inputs_) input->silence();
        outputs_.clear();
        inputs_.clear();
        holding_.clear();
        due_.clear();
        place_ = EnginePlace{};
        List<Counted<StreamNode>> nodes;
        List<Counted<BatchScoped>> scoped;
        {
            std::lock_guard const lock{mutex_};
            nodes.swap(nodes_);
            scoped.swap(scoped_);
        }
    }

    [[nodiscard]] bool isValid(Time t, Duration slide) const { return t > zero_ && (t - zero_) % slide == Duration{0}; }

    /// Batch t is going to be described.
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

    SLUICE_COLD void setRemember(Duration d)
    {
        std::lock_guard const lock{mutex_};
        if (phase_ != Phase::building) throw IllegalState{"sluice::StreamingContext::remember(d): it is set before start()"};
        if (remember_.count() != 0) {
            throw InvalidArgument{concat({"sluice::StreamingContext::remember(d): it is set already, to ", toString(remember_)})};
        }
        if (d.count() <= 0) {
            throw InvalidArgument{concat({"sluice::StreamingContext::remember(d): d must be positive, got ", toString(d)})};
        }
        remember_ = d;
    }

    [[nodiscard]] GraphNames const& names() const { return called_; }
    /// The batch that was described last.
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
    /// Whoever has no owner tells it otherwise.
    void setLog(void (*write)(LogEntry const&)) { log_ = write; }
    SLUICE_COLD void log(LogEntry const& entry) const
    {
        if (owner_ != nullptr) owner_->log(entry);
        else if (log_ != nullptr) log_(entry);
    }
    [[nodiscard]] Duration remembered() const { return remember_; }
    void setMaxReceivedBytes(std::size_t bytes) { maxReceivedBytes_ = bytes; }
    [[nodiscard]] std::size_t maxReceivedBytes() const { return maxReceivedBytes_; }
    void setRateLimits(Counted<RateLimits> limits) { rateLimits_ = std::move(limits); }
    /// One for an input, or null: none.
    [[nodiscard]] SLUICE_COLD Counted<RateLimit> rateLimit() const { return rateLimits_ ? rateLimits_->make() : Counted<RateLimit>{}; }
    [[nodiscard]] auto const& inputs() const { return inputs_; }
    [[nodiscard]] auto const& outputs() const { return outputs_; }

private:
    [[noreturn]] SLUICE_COLD static void notReached(Label const& label, Time t)
    {
        throw IllegalState{concat({where(label), ": its batch of ", t.toString(), " has not been reached: to compute it ahead of the clock would "
                                                                                 "move what lasts from batch to batch"})};
    }

    SLUICE_COLD void tellScoped(void (BatchScoped::*what)(Time), Time t)
    {
        std::lock_guard const lock{mutex_};
        for (auto const& scoped : scoped_) (scoped.get()->*what)(t);
    }

    GraphNames called_;
    Duration interval_;
    Duration remember_{0};
    Time zero_{};
    Time reached_{Duration::min()};  // read and written in a turn
    mutable std::recursive_mutex turn_;
    bool started_ = false;  // and stays so
    std::atomic<Phase> phase_{Phase::building};
    EnginePlace place_;
    GraphOwner* owner_ = nullptr;
    void (*log_)(LogEntry const&) = nullptr;
    std::size_t maxReceivedBytes_ = ~std::size_t{0};
    Counted<RateLimits> rateLimits_;
    List<Counted<InputNode>> inputs_;
    List<Counted<OutputNode>> outputs_;
    NameHolders names_;
    std::string nameTwice_;
    NameHolders targets_;
    List<Step> steps_;
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
    explicit Graph(Duration interval, detail::GraphNames const& names = {}) : core_(detail::makeCounted<detail::GraphCore>(interval, names)) {}
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

inline StreamNode::StreamNode(Counted<GraphCore> const& owner, Label const& where) : graph(owner), label(where) {}
inline StreamNode::~StreamNode() = default;

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
    auto node = addNode<Node>(graph.core(), graph.core(), label, static_cast<Args&&>(args)...);
    graph.core()->addInput(Counted<InputNode>{node});
    node->stepId = graph.core()->addStep(Step::input, label);
    return node;
}

}  // namespace detail
}  // namespace sluice::inline SLUICE_ABI
