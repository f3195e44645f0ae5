#pragma once

#include <sluice/batch/owned.hpp>
#include <sluice/codec/text.hpp>
#include <sluice/runtime/context.hpp>
#include <sluice/runtime/small_mutex.hpp>
#include <sluice/stream/batch_of_thread.hpp>

// One file although it is long: what accumulators hold, how a batch adds to them, and the kinds that there are.

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// A small number that each thread has, to spread threads over parts.
inline std::size_t numberOfThread()
{
    static constinit std::atomic<std::size_t> threads{0};
    static thread_local std::size_t const mine = threads.fetch_add(1, std::memory_order_relaxed);
    return mine;
}

template <class A>
struct AccumulatorState final : AccumulatorBase {
    AccumulatorState(A zero, std::string text) : AccumulatorBase(std::move(text))
    {
        for (auto& part : parts) {
            part.value.emplace(zero);
            part.value->reset();
        }
        parts[0].value.emplace(std::move(zero));
    }

    /// Threads share a part only where they are many.
    template <class F>
    void here(F&& f)
    {
        Part* const all = attempted && batchOfThread != noBatch ? &attempted->parts[0] : &parts[0];
        auto& part = all[numberOfThread() % count];
        std::lock_guard const lock{part.mutex};
        f(*part.value);
    }

    [[nodiscard]] A merged()
    {
        std::optional<A> all;
        eachPart([&](A const& settled, A const* attempt) {
            if (all) all->merge(settled);
            else all.emplace(settled);
            if (attempt != nullptr) all->merge(*attempt);
        });
        return *std::move(all);
    }

    void reset()
    {
        eachPart([](A& settled, A* attempt) {
            settled.reset();
            if (attempt != nullptr) attempt->reset();
        });
    }

    /// Under the locks of both, so that nobody sees what moves between them twice, or not at all.
    template <class F>
    void eachPart(F&& f)
    {
        for (std::size_t i = 0; i < count; ++i) {
            std::lock_guard const lock{parts[i].mutex};
            if (!attempted) {
                f(*parts[i].value, static_cast<A*>(nullptr));
                continue;
            }
            std::lock_guard const lockOfAttempt{attempted->parts[i].mutex};
            f(*parts[i].value, &*attempted->parts[i].value);
        }
    }

    [[nodiscard]] SLUICE_COLD std::string valueText() override
    {
        if constexpr (Textual<decltype(std::declval<A const&>().value())>) return textOf(merged().value());
        else return {};
    }

    static constexpr std::size_t count = 16;
    struct alignas(64) Part {
        SmallMutex mutex;
        std::optional<A> value;
    };
    struct Attempted final : Disposable {
        Part parts[count];
    };
    Part parts[count];
    Counted<Attempted> attempted;  // where somebody keeps it: what batches have added since their last step began
};

}  // namespace detail

/// What can be accumulated: `add(x)` takes one value, `merge(other)` what another thread has added, `reset()` makes it
/// neutral, `value()` is the result. Merging must not depend on the order.
///
/// ```cpp
/// struct Longest {
///     std::size_t length = 0;
///     void add(std::string_view word) { length = std::max(length, word.size()); }
///     void merge(Longest const& other) { length = std::max(length, other.length); }
///     void reset() { length = 0; }
///     std::size_t value() const { return length; }
/// };
/// static_assert(AccumulatorType<Longest>);
/// ```
template <class A>
concept AccumulatorType = std::copy_constructible<A> && requires(A a, A const& other) {
    a.merge(other);
    a.reset();
    other.value();
};

/// Something that tasks add to and the program reads: a cheap handle, to be captured by value. It lives as long as its
/// `Context` knows it or somebody holds it, and is listed by `Context::accumulators()`.
///
/// `add` may be called from any thread, as const; it takes a lock that threads do not share (about 5 ns). `value` is all
/// that was added before: behind an action, what its tasks have added. Each call of `add` counts, once: also those of a
/// task that fails afterwards, of a job that is run again (`retry(n)`), and of records that are computed again because they
/// are not cached. It begins anew with each process, unless `checkpoint(context, accumulator)`, of <sluice/checkpoint.hpp>, keeps it: then
/// what fails and is tried again counts once.
///
/// ```cpp
/// Context context;
/// auto const bad = longAccumulator(context, "bad records");
/// auto const good = rdd({1, -1, 2}) | filter([bad](int x) {
///     if (x < 0) bad.add(1);
///     return x >= 0;
/// });
/// CHECK((good | count()) == 2);
/// CHECK(bad.value() == 1);
/// ```
template <AccumulatorType A>
class Accumulator {
public:
    explicit Accumulator(detail::Counted<detail::AccumulatorState<A>> state) : state_(std::move(state)) {}

    template <class T>
        requires requires(A& a, T&& x) { a.add(static_cast<T&&>(x)); }
    void add(T&& x) const
    {
        state_->here([&](A& a) { a.add(static_cast<T&&>(x)); });
    }

    /// Adds what was added to another one: for tasks that count by themselves first.
    void merge(A const& other) const
    {
        state_->here([&](A& a) { a.merge(other); });
    }

    [[nodiscard]] auto value() const { return state_->merged().value(); }
    /// All of it: `merged().count()`.
    [[nodiscard]] A merged() const { return state_->merged(); }
    /// To be neutral again. What others add meanwhile may count or not.
    void reset() const { state_->reset(); }

    [[nodiscard]] std::string const& name() const { return state_->name; }

    // For who keeps it.
    [[nodiscard]] detail::Counted<detail::AccumulatorState<A>> const& state() const { return state_; }

private:
    detail::Counted<detail::AccumulatorState<A>> state_;
};

/// Sum and count of numbers.
///
/// ```cpp
/// LongSum sum;
/// sum.add(3);
/// sum.add(4);
/// CHECK(sum.value() == 7);
/// CHECK(sum.average() == 3.5);
/// ```
template <class T>
class SumOf {
public:
    SumOf() = default;
    /// What so many numbers add up to.
    SumOf(T total, std::int64_t of) : sum_(total), count_(of) {}

    void add(T x)
    {
        sum_ += x;
        ++count_;
    }
    void merge(SumOf const& other)
    {
        sum_ += other.sum_;
        count_ += other.count_;
    }
    void reset() { *this = {}; }
    [[nodiscard]] T value() const { return sum_; }
    [[nodiscard]] T sum() const { return sum_; }
    /// How many were added.
    [[nodiscard]] std::int64_t count() const { return count_; }
    /// 0 of none.
    [[nodiscard]] double average() const { return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_); }

private:
    T sum_ = 0;
    std::int64_t count_ = 0;
};
using LongSum = SumOf<std::int64_t>;
/// The sum of floating point numbers depends on the order in its last digits, and threads have none.
///
/// ```cpp
/// DoubleSum sum;
/// sum.add(0.5);
/// CHECK(sum.value() == 0.5);
/// ```
using DoubleSum = SumOf<double>;

/// All values, kept owned; in the order of none but one's own thread.
///
/// ```cpp
/// Collected<std::string_view> words;
/// words.add("a");
/// CHECK(words.value() == std::vector<std::string>{"a"});
/// ```
template <class T>
class Collected {
    static constexpr bool keeps = canOwn<T> && std::copyable<Owned<T>>;
    static_assert(
        detail::mayOutlive<T>(),
        "sluice::Collected<T>: T must not be a view of a type that the library cannot own: make it one that owns what it shows, or "
        "specialise sluice::OwnedAs");
    static_assert(keeps || !canOwn<T>, "sluice::Collected<T>: T must be copyable and assignable");
    using All = std::vector<std::conditional_t<keeps, Owned<T>, char>>;  // where it is refused, no second error

public:
    Collected() = default;
    /// What was collected before.
    explicit Collected(All all) : all_(std::move(all)) {}

    void add(T x)
    {
        if constexpr (keeps) all_.push_back(own(static_cast<T&&>(x)));
    }
    void merge(Collected const& other) { all_.insert(all_.end(), other.all_.begin(), other.all_.end()); }
    void reset() { all_.clear(); }
    [[nodiscard]] All const& value() const { return all_; }

private:
    All all_;
};

/// The accumulators that most need.
///
/// ```cpp
/// Context context;
/// LongAccumulator const counter = longAccumulator(context, "counter");
/// CHECK(counter.name() == "counter");
/// ```
using LongAccumulator = Accumulator<LongSum>;
using DoubleAccumulator = Accumulator<DoubleSum>;
template <class T>
using CollectionAccumulator = Accumulator<Collected<T>>;

/// An accumulator of one's own type, which begins with `zero`; the context is a `Context` or a `StreamingContext`.
///
/// ```cpp
/// struct All {
///     bool all = true;
///     void add(bool x) { all = all && x; }
///     void merge(All const& other) { add(other.all); }
///     void reset() { all = true; }
///     bool value() const { return all; }
/// };
/// Context context;
/// auto const valid = accumulator(context, All{}, "all valid");
/// valid.add(true);
/// CHECK(valid.value());
/// CHECK(context.accumulators()[0].value == "true");
/// ```
template <AccumulatorType A, class C>
[[nodiscard]] Accumulator<A> accumulator(C const& context, A zero, std::string name = {})
{
    auto state = detail::makeCounted<detail::AccumulatorState<A>>(std::move(zero), std::move(name));
    if constexpr (requires { context.add(state); }) context.add(state);
    else context.context().add(state);
    return Accumulator<A>{std::move(state)};
}

/// A sum of integers from 0.
///
/// ```cpp
/// Context context;
/// auto const sum = longAccumulator(context);
/// sum.add(2);
/// sum.add(3);
/// CHECK(sum.value() == 5);
/// CHECK(sum.merged().count() == 2);
/// ```
template <class C>
[[nodiscard]] LongAccumulator longAccumulator(C const& context, std::string name = {})
{
    return accumulator(context, LongSum{}, std::move(name));
}

/// A sum of floating point numbers from 0.
///
/// ```cpp
/// Context context;
/// auto const sum = doubleAccumulator(context, "seconds");
/// sum.add(0.5);
/// CHECK(sum.value() == 0.5);
/// ```
template <class C>
[[nodiscard]] DoubleAccumulator doubleAccumulator(C const& context, std::string name = {})
{
    return accumulator(context, DoubleSum{}, std::move(name));
}

/// A collection of all values, from none.
///
/// ```cpp
/// Context context;
/// auto const words = collectionAccumulator<std::string_view>(context, "words");
/// words.add("a");
/// CHECK(words.value() == std::vector<std::string>{"a"});
/// ```
template <class T, class C>
[[nodiscard]] auto collectionAccumulator(C const& context, std::string name = {})
{
    return accumulator(context, Collected<T>{}, std::move(name));
}

}  // namespace sluice::inline SLUICE_ABI
