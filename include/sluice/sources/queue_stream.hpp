#pragma once

#include <sluice/stream/appended.hpp>
#include <sluice/stream/dstream.hpp>
#include <sluice/stream/memo.hpp>

#include <mutex>
#include <vector>

namespace sluice::inline SLUICE_ABI {

/// Batches that wait to be streamed; copies are the same queue, any thread may push.
///
/// ```cpp
/// RDDQueue<int> queue;
/// queue.push(rdd({1, 2, 3}));
/// queue.push({4, 5});
/// CHECK(queue.size() == 2);
/// ```
template <class T>
class RDDQueue {
public:
    RDDQueue() : state_(detail::makeCounted<State>()) {}

    void push(RDD<T> batch) const
    {
        std::lock_guard const lock{state_->mutex};
        state_->waiting.push_back(std::move(batch).node());
    }
    void push(std::vector<T> records) const { push(RDD<T>{rdd(std::move(records))}); }

    [[nodiscard]] std::size_t size() const
    {
        std::lock_guard const lock{state_->mutex};
        return state_->waiting.size();
    }

    /// Takes so many batches at most. For the source.
    void take(detail::BatchList<T>& into, std::size_t most) const
    {
        std::lock_guard const lock{state_->mutex};
        auto& waiting = state_->waiting;
        for (auto left = most < waiting.size() ? most : waiting.size(); left > 0; --left) {
            into.add(std::move(waiting[0]));
            waiting.pop_front();
        }
    }

private:
    struct State : detail::RefCounted {
        std::mutex mutex;
        detail::List<detail::AnyBatch<T>> waiting;
    };
    detail::Counted<State> state_;
};

namespace detail {

template <class T>
struct QueueNode final : InputNode {
    using Batch = Appended<T>;

    QueueNode(Counted<GraphCore> const& owner, Label const& where, RDDQueue<T> from, bool one, std::optional<RDD<T>> fallback)
        : InputNode(owner, where), queue(std::move(from)), oneAtATime(one), defaultRDD(std::move(fallback))
    {
    }

    void fix(Time t) override
    {
        memo.findOr(t, [this](BatchList<T>& queued) {
            std::lock_guard const lock{mutex_};
            queue.take(queued, oneAtATime && left_ > 0 ? 1 : left_);
            if (left_ != all) left_ -= queued.batches.size();
            if (queued.batches.empty() && defaultRDD) queued.add(defaultRDD->node());
            queued.runAt(graph->place());
        });
    }

    [[nodiscard]] Maybe<Batch> at(Time t) const { return memo.template batch<Batch>(t); }

    [[nodiscard]] StreamInputInfo info(Time t) const override
    {
        auto const queued = memo.find(t);
        return {id, queued ? queued->records() : 0, {}};
    }
    /// What is pushed from now on stays in the queue.
    void silence() override
    {
        std::lock_guard const lock{mutex_};
        if (left_ == all) left_ = queue.size();
    }
    [[nodiscard]] bool hasWaiting() const override
    {
        std::lock_guard const lock{mutex_};
        return left_ > 0 && queue.size() > 0;
    }
    void evict(Time upTo) override { memo.evict(upTo); }
    [[nodiscard]] Duration slide() const { return graph->interval(); }

    RDDQueue<T> queue;
    bool oneAtATime;
    std::optional<RDD<T>> defaultRDD;
    Memo<BatchList<T>> memo;

private:
    static constexpr std::size_t all = ~std::size_t{0};
    mutable std::mutex mutex_;
    std::size_t left_ = all;  // how many batches may be taken
};

template <class Q>
inline constexpr bool isRDDQueue = isA<RDDQueue, Q>;

}  // namespace detail

/// A stream of the batches that the program pushes into a queue: each batch takes one of them, or all that wait where
/// `oneAtATime` is false. Where none waits the batch is `defaultRDD`: one empty partition, or, where that is
/// `std::nullopt`, no partition at all; a batch there is.
///
/// ```cpp
/// IntervalClock clock{1s};
/// RDDQueue<int> queue;
/// std::int64_t seen = 0;
/// queueStream(clock, queue) | foreachRDD([&](auto batch) { seen += batch | count(); });
/// queue.push({1, 2, 3});
/// clock.poll(Time{0s});
/// clock.poll(Time{1s});
/// CHECK(seen == 3);
/// ```
template <class T>
[[nodiscard]] auto queueStream(Graph const& graph, RDDQueue<T> queue, bool oneAtATime,
                               std::type_identity_t<std::optional<RDD<T>>> defaultRDD, CallSite at = CallSite::here())
{
    auto node = detail::addInput<detail::QueueNode<T>>(graph, {"queueStream", at}, std::move(queue), oneAtATime, std::move(defaultRDD));
    return detail::streamOf(detail::SharedNode<detail::QueueNode<T>>{std::move(node)});
}

template <class T>
[[nodiscard]] auto queueStream(Graph const& graph, RDDQueue<T> queue, bool oneAtATime = true, CallSite at = CallSite::here())
{
    return queueStream(graph, std::move(queue), oneAtATime, RDD<T>{rdd(std::vector<T>{})}, at);
}

/// A queue of another kind is none: nobody could push into it while it is read.
template <class Q, class... More>
    requires(!detail::isRDDQueue<Q>)
auto queueStream(Graph const&, Q const&, More const&...)
{
    static_assert(detail::isRDDQueue<Q>,
                  "sluice::queueStream(context, queue): queue must be a sluice::RDDQueue<T>: it is shared, and any thread may push");
    return detail::Refused{};
}

}  // namespace sluice::inline SLUICE_ABI
