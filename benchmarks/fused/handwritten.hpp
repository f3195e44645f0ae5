#pragma once

#include "work.hpp"

// The loop that somebody would write by hand, in each spelling that is the fastest for some compiler, flags and type. For
// doubles only those two that add nothing where the test fails: to add 0.0, or 0.0 times something, is another sum (of
// -0.0, of infinities), and no pipeline may do it.

namespace fused {

enum class Spelling { branch, choice, product, integer };

template <class Predicate, class T>
struct Handwritten;

/// The body of the loop: `sum` takes `x` where the test on `y` holds.
#define FUSED_STEP(test)                                                           \
    T const y = 3 * x + 1;                                                         \
    if constexpr (spelling == Spelling::branch) {                                  \
        if (test) sum += y - 1;                                                    \
    } else if constexpr (spelling == Spelling::choice) {                           \
        sum += (test) ? y - 1 : T{};                                               \
    } else if constexpr (spelling == Spelling::product) {                          \
        sum += (y - 1) * static_cast<T>(test);                                     \
    } else {                                                                       \
        std::conditional_t<sizeof(T) == 8, std::int64_t, int> const keep = (test); \
        if (keep != 0) sum += y - 1;                                               \
    }

#define FUSED_HANDWRITTEN(Predicate, test)                                    \
    template <class T>                                                        \
    struct Handwritten<Predicate, T> {                                        \
        template <Spelling spelling>                                          \
        [[gnu::noinline]] static T fold(T const* records, std::size_t size)   \
        {                                                                     \
            T sum = 0;                                                        \
            for (std::size_t i = 0; i < size; ++i) {                          \
                T const x = records[i];                                       \
                FUSED_STEP(test)                                              \
            }                                                                 \
            return sum;                                                       \
        }                                                                     \
                                                                              \
        /* The first record that passes begins the sum: there is no zero. */  \
        template <Spelling spelling>                                          \
        [[gnu::noinline]] static T reduce(T const* records, std::size_t size) \
        {                                                                     \
            std::size_t i = 0;                                                \
            T sum = 0;                                                        \
            for (; i < size; ++i) {                                           \
                T const y = 3 * records[i] + 1;                               \
                if (test) {                                                   \
                    sum = y - 1;                                              \
                    ++i;                                                      \
                    break;                                                    \
                }                                                             \
            }                                                                 \
            for (; i < size; ++i) {                                           \
                T const x = records[i];                                       \
                FUSED_STEP(test)                                              \
            }                                                                 \
            return sum;                                                       \
        }                                                                     \
    };

FUSED_HANDWRITTEN(Even, y % 2 == 0)
FUSED_HANDWRITTEN(Positive, y > 0)
FUSED_HANDWRITTEN(Between, y > 5 && y < 500)

#undef FUSED_HANDWRITTEN
#undef FUSED_STEP

/// One of them, to be chosen while running.
template <class T>
struct Loop {
    char const* spelling;
    T (*run)(T const*, std::size_t);
};

template <class Predicate, class T>
std::vector<Loop<T>> handwritten(bool reducing)
{
    using H = Handwritten<Predicate, T>;
    using enum Spelling;
    std::vector<Loop<T>> loops{{"if", reducing ? &H::template reduce<branch> : &H::template fold<branch>},
                               {"int", reducing ? &H::template reduce<integer> : &H::template fold<integer>}};
    if constexpr (std::is_integral_v<T>) {
        loops.push_back({"?:", reducing ? &H::template reduce<choice> : &H::template fold<choice>});
        loops.push_back({"*", reducing ? &H::template reduce<product> : &H::template fold<product>});
    }
    return loops;
}

}  // namespace fused
