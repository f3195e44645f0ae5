#pragma once

#include <sluice/stream/graph.hpp>

#include <cstring>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY char const* lastingName(std::string_view name)
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

SLUICE_COLD SLUICE_BODY Label const* NameHolders::add(Label const& label)
{
    auto const tag = static_cast<std::uint32_t>(hashOf(std::string_view{label.name}));
    auto const known = index_.find(tag, [&](std::uint32_t i) { return std::strcmp(all_[i].name, label.name) == 0; });
    if (known != KeyIndex::none) return &all_[known];
    index_.reserve(all_.size() + 1);
    all_.push_back(label);
    index_.insert(tag, static_cast<std::uint32_t>(all_.size() - 1));
    return nullptr;
}

SLUICE_COLD SLUICE_BODY GraphCore::GraphCore(Duration interval, GraphNames const& names) noexcept : called_(names), interval_(interval) {}

SLUICE_COLD SLUICE_BODY Counted<GraphCore> GraphCore::make(Duration interval, GraphNames const& names)
{
    if (interval.count() <= 0) {
        throw InvalidArgument{concat({"sluice::", names.type, ": the batch interval must be positive, got ", toString(interval)})};
    }
    return Counted<GraphCore>{new GraphCore(interval, names)};
}

SLUICE_INLINE GraphCore::~GraphCore() = default;

SLUICE_INLINE StreamNode::StreamNode(Counted<GraphCore> const& owner, Label const& where) : graph(owner), label(where) {}
SLUICE_INLINE StreamNode::~StreamNode() = default;
SLUICE_BODY void StreamNode::rename(char const* name) { label.name = name; }

SLUICE_COLD SLUICE_BODY void GraphCore::requireBuilding(Label const& label) const
{
    Phase const phase = phase_;
    if (phase == Phase::building) return;
    char const* const why = phase == Phase::started   ? " has been started: inputs, transformations and outputs are added before "
                            : phase == Phase::stopped ? " has been stopped: no input, transformation or output can be added"
                                                      : " of this stream no longer exists";
    throw IllegalState{concat({where(label), ": the ", called_.noun, why, phase == Phase::started ? called_.start : ""})};
}

SLUICE_COLD SLUICE_BODY void GraphCore::add(Counted<StreamNode> node)
{
    std::lock_guard const lock{mutex_};
    node->number = nodes_.size();
    nodes_.push_back(std::move(node));
}

SLUICE_COLD SLUICE_BODY void GraphCore::addInput(Counted<InputNode> const& input)
{
    add(Counted<StreamNode>{input});
    {
        std::lock_guard const lock{mutex_};
        requireBuilding(input->label);
        input->id = inputs_.size();
        inputs_.push_back(input);
    }
    input->stepId = addStep(DrawnStep::input, input->label);
}

SLUICE_COLD SLUICE_BODY void GraphCore::addOutput(Counted<OutputNode> const& output, std::size_t from, char const* about)
{
    tellOfStep(addStep(DrawnStep::output, output->label, {from}), about);
    std::lock_guard const lock{mutex_};
    requireBuilding(output->label);
    output->id = outputs_.size();
    outputs_.push_back(output);
}

SLUICE_COLD SLUICE_BODY void GraphCore::add(Counted<BatchScoped> const& scoped)
{
    std::lock_guard const lock{mutex_};
    scoped_.push_back(scoped);
    hasScoped_.store(true, std::memory_order_release);
}

SLUICE_COLD SLUICE_BODY std::size_t GraphCore::addStep(DrawnStep::Kind kind, Label const& label, std::initializer_list<std::size_t> behind)
{
    return addStep(kind, label, behind.begin(), behind.size(), 1);
}

SLUICE_COLD SLUICE_BODY std::size_t GraphCore::addStep(DrawnStep::Kind kind, Label const& label, std::size_t const* behind,
                                                       std::size_t count, std::size_t deeper)
{
    std::lock_guard const lock{mutex_};
    requireBuilding(label);
    std::size_t depth = 0;
    for (std::size_t i = 0; i < count; ++i) {
        auto const of = steps_[behind[i]].depth + deeper;
        if (of > depth) depth = of;
    }
    if (kind != DrawnStep::output && depth > deepest) {
        throw InvalidArgument{concat({where(label), ": it would be more than ", Digits{deepest}.text(),
                                      " operators deep: where a loop puts one behind the other, let one operator call all their functions "
                                      "(for unions unionAll(streams))"})};
    }
    steps_.push_back({kind, label, depth});
    for (std::size_t i = 0; i < count; ++i) edges_.push_back({behind[i], steps_.size() - 1});
    return steps_.size() - 1;
}

SLUICE_COLD SLUICE_BODY void GraphCore::renameStep(std::size_t step, char const* name)
{
    std::lock_guard const lock{mutex_};
    steps_[step].label.name = name;
}

SLUICE_COLD SLUICE_BODY void GraphCore::tellOfStep(std::size_t step, char const* about)
{
    std::lock_guard const lock{mutex_};
    steps_[step].about = about;
}

SLUICE_COLD SLUICE_BODY void GraphCore::addHolding(HoldingNode& node)
{
    std::lock_guard const lock{mutex_};
    holding_.push_back(&node);
}

SLUICE_COLD SLUICE_BODY void GraphCore::updateAllDue()
{
    std::exception_ptr failure;
    for (std::size_t i = 0; i < due_.size(); ++i) {
        try {
            due_[i]->update();
        } catch (...) {
            due_[i]->abandon();
            if (failure == nullptr) failure = std::current_exception();
        }
    }
    due_.clear();
    if (failure != nullptr) std::rethrow_exception(failure);
}

SLUICE_COLD SLUICE_BODY void GraphCore::abandonDue()
{
    for (auto* const node : due_) node->abandon();
    due_.clear();
}

SLUICE_COLD SLUICE_BODY void GraphCore::addTarget(std::string_view path, Label const& label)
{
    auto const text = makeCounted<Box<std::string>>(std::string(path));  // no lasting name: of these there may be one a day
    Label const target{label.kind, label.at, text->value.c_str()};
    std::lock_guard const lock{mutex_};
    requireBuilding(label);
    targetPaths_.push_back(text);
    if (auto const* const other = targets_.add(target)) {
        throw InvalidArgument{concat({where(target), ": it would overwrite what is written there already by ", where(*other)})};
    }
}

SLUICE_COLD SLUICE_BODY void GraphCore::validate() const
{
    if (outputs_.empty()) {
        throw InvalidArgument{concat({"sluice::", called_.type, "::", called_.start,
                                      (": no output is registered, so nothing would ever run: end a stream with print(), "
                                       "foreachRDD(f) or another output")})};
    }
    if (!nameTwice_.empty()) throw InvalidArgument{concat({"sluice::named: a name is given twice: to ", nameTwice_})};
}

SLUICE_COLD SLUICE_BODY void GraphCore::start(Time zero, Time first)
{
    std::lock_guard const lock{mutex_};  // whoever adds something now has added it, or is refused
    zero_ = zero;
    first_ = first;
    started_ = true;
    phase_ = Phase::started;
}

SLUICE_COLD SLUICE_BODY void GraphCore::disband()
{
    phase_ = Phase::gone;
    owner_ = nullptr;
    for (auto const& input : inputs_) input->silence();
    outputs_.clear();
    inputs_.clear();
    checkpointing_ = {};
    checkpointed_.clear();
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

SLUICE_COLD SLUICE_BODY void GraphCore::setRemember(Duration d)
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

SLUICE_COLD SLUICE_BODY void GraphCore::setCheckpointing(Counted<Checkpointing> keeper, Label const& label)
{
    std::lock_guard const lock{mutex_};
    requireBuilding(label);
    if (checkpointing_)
        throw InvalidArgument{concat({where(label), ": what lasts in this context is kept already, by ", where(checkpointingLabel_)})};
    checkpointing_ = std::move(keeper);
    checkpointingLabel_ = label;
}

SLUICE_COLD SLUICE_BODY void GraphCore::addCheckpointed(Counted<CheckpointedPart> part)
{
    std::lock_guard const lock{mutex_};
    requireBuilding(part->label());
    checkpointed_.push_back(std::move(part));
}

SLUICE_COLD SLUICE_BODY void GraphCore::log(LogEntry const& entry) const
{
    if (owner_ != nullptr) owner_->log(entry);
    else if (log_ != nullptr) log_(entry);
}

SLUICE_COLD SLUICE_BODY Counted<RateLimit> GraphCore::rateLimit() const { return rateLimits_ ? rateLimits_->make() : Counted<RateLimit>{}; }

SLUICE_COLD SLUICE_BODY void GraphCore::notReached(Label const& label, Time t)
{
    throw IllegalState{concat({where(label), ": its batch of ", t.toString(),
                               " has not been reached: to compute it ahead of the clock would "
                               "move what lasts from batch to batch"})};
}

SLUICE_COLD SLUICE_BODY void GraphCore::attempt(bool failed)
{
    for (auto const& part : checkpointed_) part->attempt(failed);
}

SLUICE_COLD SLUICE_BODY void GraphCore::tellScoped(void (BatchScoped::*what)(Time), Time t)
{
    std::lock_guard const lock{mutex_};
    for (auto const& scoped : scoped_) (scoped.get()->*what)(t);
}

}  // namespace sluice::inline SLUICE_ABI::detail
