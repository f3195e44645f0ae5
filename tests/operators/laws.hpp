#pragma once

#include <sluice/batch/any_rdd.hpp>
#include <sluice/operators/collect.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>

// What must hold for every operator without state, on any records, and what tests of operators ask for.

namespace sluice::tests {

/// The expression of a batch.
template <class Batch>
using NodeOf = typename std::remove_cvref_t<Batch>::Batch;

/// The records of a batch; of an action, its value.
template <class T>
constexpr auto resultOf(T const& result)
{
    if constexpr (detail::isRDD<T>) return result | collect();
    else return result;
}

/// Cutting a batch into other partitions changes neither the records nor their order.
template <class Op>
constexpr bool obeysPartitionLaw(Op const& op, auto const& whole)
{
    auto const expected = resultOf(rdd(whole) | op);
    for (std::size_t n = 2; n <= 5; ++n) {
        if (!(resultOf(rdd(whole, n) | op) == expected)) return false;
    }
    return true;
}

/// Forgetting the expression before the operator, or behind it, changes nothing.
template <class Op>
bool obeysErasureLaw(Op const& op, auto const& whole)
{
    auto const plain = rdd(whole, 2);
    auto const expected = resultOf(plain | op);
    RDD<typename decltype(plain)::Value> const before = plain;
    if (!(resultOf(before | op) == expected)) return false;
    if constexpr (detail::isRDD<decltype(plain | op)>) {
        RDD<typename decltype(plain | op)::Value> const behind = before | op;
        return (behind | collect()) == expected;
    }
    return true;
}

/// A detached pipeline is the same as its parts one by one.
template <class F, class G>
constexpr bool obeysPipeLaw(F const& f, G const& g, auto const& whole)
{
    return resultOf(rdd(whole, 2) | (f | g)) == resultOf(rdd(whole, 2) | f | g);
}

/// What is known of a StreamError, and the text of what is nested in it.
struct Failure {
    std::string kind;
    int line = 0;
    std::int64_t partition = StreamError::unknown;
    std::string cause;
};

/// How run() fails.
template <class F>
Failure failureOf(F&& run)
{
    try {
        run();
    } catch (StreamError const& error) {
        Failure failure{error.label().kind, error.label().at.line, error.partition(), "nothing nested"};
        try {
            std::rethrow_if_nested(error);
        } catch (std::exception const& nested) {
            failure.cause = nested.what();
        }
        return failure;
    }
    return {"no error", 0, StreamError::unknown, ""};
}

/// Counts how often values of it were copied and moved.
struct Tracked {
    int value = 0;

    Tracked() = default;
    explicit Tracked(int v) : value(v) {}
    Tracked(Tracked const& other) : value(other.value) { ++copies; }
    Tracked(Tracked&& other) noexcept : value(other.value) { ++moves; }
    Tracked& operator=(Tracked const& other)
    {
        value = other.value;
        ++copies;
        return *this;
    }
    Tracked& operator=(Tracked&& other) noexcept
    {
        value = other.value;
        ++moves;
        return *this;
    }
    ~Tracked() = default;

    friend bool operator==(Tracked const&, Tracked const&) = default;

    static void reset() { copies = moves = 0; }
    static inline int copies = 0;
    static inline int moves = 0;
};

}  // namespace sluice::tests
