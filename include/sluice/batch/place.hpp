#pragma once

#include <sluice/batch/counted.hpp>
#include <sluice/batch/error.hpp>

namespace sluice::inline SLUICE_ABI {

/// Where a batch runs when nothing else is known: at once, in the caller's thread, and also while compiling.
///
/// A place is what the leaf of a batch carries and what each expression above it answers to `place()`. It runs a loop
/// over partitions, leaving out those that are known to be empty, and says how many partitions an exchange makes.
///
/// ```cpp
/// std::vector<std::size_t> ran;
/// InlinePlace{}.run(3, [](std::size_t p) { return p == 1; }, [&](std::size_t p) { ran.push_back(p); });
/// CHECK(ran == std::vector<std::size_t>{0, 2});
/// ```
struct InlinePlace {
    template <class IsEmpty, class F>
    static constexpr void run(std::size_t partitions, IsEmpty const& isEmpty, F&& f)
    {
        for (std::size_t p = 0; p < partitions; ++p) {
            if (isEmpty(p)) continue;
            try {
                f(p);
            } catch (StreamError& error) {
                error.atPartition(p);
                throw;
            }
        }
    }

    [[nodiscard]] static constexpr std::size_t defaultPartitions() noexcept { return 1; }
};

namespace detail {

/// What an engine gives its batches to run on.
struct Engine : Disposable {
    /// Calls task(context, p) for each p below n, on any of its threads, and returns when all are done. When several
    /// throw, the first in the order of p is rethrown and the others are attached to it.
    virtual void run(std::size_t n, void (*task)(void*, std::size_t), void* context) = 0;

    /// How many partitions an exchange makes where nobody says.
    [[nodiscard]] virtual std::size_t defaultPartitions() const = 0;

    /// Whether what still runs is to give up.
    [[nodiscard]] virtual bool cancelled() const = 0;
};

}  // namespace detail

/// The place of a stream's batches, and of RDD<T>: the context's workers, or inline where there are none.
///
/// ```cpp
/// CHECK(EnginePlace{}.defaultPartitions() == 1);
/// ```
class EnginePlace {
public:
    EnginePlace() = default;
    EnginePlace(InlinePlace) {}  // NOLINT: implicit, an inline batch is one without engine
    explicit EnginePlace(detail::Counted<detail::Engine> engine) : engine_(std::move(engine)) {}

    template <class IsEmpty, class F>
    void run(std::size_t partitions, IsEmpty const& isEmpty, F&& f) const
    {
        using Body = std::remove_reference_t<F>;
        runLoop({partitions, &isEmpty, const_cast<std::remove_const_t<Body>*>(&f), callIsEmpty<IsEmpty>, callBody<Body>});
    }

    /// Asked before each loop and each partition of it, and by leaves of several blocks before each of them: throws when the
    /// context stops and does not wait any longer.
    void poll() const
    {
        if (engine_ && engine_->cancelled()) throw StreamError{"sluice: cancelled, because the context was stopped"};
    }

    [[nodiscard]] std::size_t defaultPartitions() const { return engine_ ? engine_->defaultPartitions() : 1; }
    /// Whether it is more than inline.
    [[nodiscard]] bool hasEngine() const { return static_cast<bool>(engine_); }

    // How many RDD<T> stand one behind the other in the batch that has this place, since each takes a part of the stack.
    [[nodiscard]] std::size_t depth() const { return depth_; }
    void deepen(std::size_t depth)
    {
        if (depth > depth_) depth_ = depth;
    }

private:
    /// A loop over partitions, as far as it does not depend on what it does.
    struct Loop {
        std::size_t partitions;
        void const* isEmpty;
        void* body;
        bool (*callIsEmpty)(void const* isEmpty, std::size_t p);
        void (*callBody)(void* body, std::size_t p);

        [[nodiscard]] bool empty(std::size_t p) const { return callIsEmpty(isEmpty, p); }
        void run(std::size_t p) const { callBody(body, p); }
    };
    void runLoop(Loop const& loop) const;

    // No lambdas: each would be three functions.
    template <class IsEmpty>
    static bool callIsEmpty(void const* isEmpty, std::size_t p)
    {
        return (*static_cast<IsEmpty const*>(isEmpty))(p);
    }
    template <class Body>
    static void callBody(void* body, std::size_t p)
    {
        (*static_cast<Body*>(body))(p);
    }

    detail::Counted<detail::Engine> engine_;
    std::size_t depth_ = 0;
};

namespace detail {

/// How many records a leaf pushes at most before it polls again: time for a thousandth of a second or so.
inline constexpr std::size_t recordsPerPoll = std::size_t{16} << 10;

/// How many operators may stand one behind the other where a loop puts them there. Each takes a part of the stack: about 1 KiB
/// without optimisation, 4 KiB with AddressSanitizer, of the 8 MiB that a thread has.
inline constexpr std::size_t deepest = 1000;
/// As deepest, for RDD<T>. They are more: those of a stream may stand on some that the program has pushed into a queue.
inline constexpr std::size_t deepestBatches = deepest + deepest / 4;

/// The place of an expression over several: the first that has an engine.
template <class A>
constexpr A placeOf(A a)
{
    return a;
}
template <class A, class B, class... Rest>
constexpr auto placeOf(A a, B b, Rest... rest)
{
    auto other = placeOf(static_cast<B&&>(b), static_cast<Rest&&>(rest)...);
    if constexpr (std::is_same_v<A, InlinePlace>) {
        return other;
    } else if constexpr (std::is_same_v<decltype(other), InlinePlace>) {
        return a;
    } else {
        auto const depth = a.depth() > other.depth() ? a.depth() : other.depth();
        if (!a.hasEngine()) a = static_cast<decltype(other)&&>(other);
        a.deepen(depth);
        return a;
    }
}

template <class Node>
struct IsEmptyIn {
    Node const& node;
    constexpr bool operator()(std::size_t p) const { return node.isEmpty(p); }
};

/// Runs f(partition) wherever the batch runs, for each of its partitions, of which there are so many, that is not known to be empty.
template <class Node, class F>
constexpr void forPartitions(Node const& node, std::size_t partitions, F&& f)
{
    node.prepare();
    node.place().run(partitions, IsEmptyIn<Node>{node}, static_cast<F&&>(f));
}
template <class Node, class F>
constexpr void forPartitions(Node const& node, F&& f)
{
    forPartitions(node, node.partitions(), static_cast<F&&>(f));
}

/// One T per partition, written by the tasks of a loop; no allocation for few partitions.
template <class T>
class PerPartition {
public:
    constexpr explicit PerPartition(std::size_t partitions) : size_(partitions)
    {
        if (partitions > few) grow();
    }
    constexpr T& operator[](std::size_t p) { return size_ > few ? many_[p] : few_[p]; }
    [[nodiscard]] constexpr std::size_t size() const { return size_; }

private:
    SLUICE_COLD constexpr void grow()
    {
        many_.reserve(size_);
        while (many_.size() < size_) many_.emplace_back();  // clang 14 cannot resize while compiling
    }

    static constexpr std::size_t few = 4;
    std::size_t size_;
    T few_[few]{};
    std::vector<T> many_;
};

#ifdef SLUICE_COMPILED
extern template class Counted<Engine>;  // <sluice/compiled.cpp>
#endif

}  // namespace detail
}  // namespace sluice::inline SLUICE_ABI

#ifndef SLUICE_COMPILED
#include <sluice/batch/place.ipp>
#endif
