#pragma once

#include <sluice/state/lasting.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_INLINE void LastingTables::clear() noexcept
{
    for (LastingTable* table : all_) delete table;
    all_.clear();
}

SLUICE_INLINE void LastingStep::prepare()
{
    once.run([this] {
        if (abandoned || node == nullptr) throw StreamError{"sluice: a window or a state that could not be brought up to this batch"};
        node->run(*this);
        node = nullptr;
    });
}

SLUICE_INLINE void LastingStep::clear()
{
    node = nullptr;
    abandoned = false;
    once.reset();
}

SLUICE_INLINE void SteppedNode::update()
{
    current_->prepare();
    due_ = false;
}

SLUICE_INLINE void SteppedNode::abandon()
{
    due_ = false;
    current_->abandoned = true;
}

SLUICE_INLINE void SteppedNode::evict(Time upTo)
{
    if (current_ && latest_ <= upTo && current_->once.done()) current_ = {};
    memo_.evict(upTo);
}

[[gnu::cold]] SLUICE_INLINE StreamHeldInfo SteppedNode::held() const
{
    std::size_t keys = 0;
    std::size_t bytes = 0;
    for (auto const* table : tables) {
        keys += table->size();
        bytes += table->bytes();
    }
    return heldInfo(keys, bytes);
}

SLUICE_INLINE void SteppedNode::run(LastingStep& step)
{
    begin(step);
    try {
        step.runsAt.run(tables.size(), [&](std::size_t p) { return idle(step, p); }, [&](std::size_t p) { take(step, p); });
        meet(step);
    } catch (...) {
        for (auto* table : tables) table->undo();
        done(step, false);
        throw;
    }
    for (auto* table : tables) table->commit();
    done(step, true);
}

SLUICE_INLINE Counted<LastingStep> SteppedNode::stepOf(Time t)
{
    auto step = Counted<LastingStep>::adopt(static_cast<LastingStep*>(memo_.find(t)));
    if (!step) {
        if (t <= latest_) return {};  // forgotten
        graph->requireReached(label, t);
        step = ask(t);
        if (!step) return {};
        if (current_) current_->node = nullptr;
        current_ = step;
        latest_ = t;
    }
    if (step == current_ && !due_ && !step->once.done()) {
        graph->addDue(*this);
        due_ = true;
        step->abandoned = false;
    }
    return step;
}

SLUICE_INLINE Counted<LastingStep> SteppedNode::newStep(Time t, void (*plan)(void* context, LastingStep& step), void* context)
{
    auto fill = [&](LastingStep& step) {
        step.node = this;
        step.time = t;
        step.runsAt = graph->place();
        plan(context, step);
    };
    auto* const step =
        memo_.findOr(t, [](void* f, RefCounted& fresh) { (*static_cast<decltype(fill)*>(f))(static_cast<LastingStep&>(fresh)); }, &fill);
    return Counted<LastingStep>::adopt(static_cast<LastingStep*>(step));
}

SLUICE_INLINE void SteppedNode::letGo() noexcept
{
    if (current_) current_->node = nullptr;
    current_ = {};
    memo_.forget();
}

}  // namespace sluice::inline SLUICE_ABI::detail
