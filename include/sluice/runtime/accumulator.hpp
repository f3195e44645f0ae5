#pragma once

#include <sluice/batch/counted.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace sluice::inline SLUICE_ABI {

/// What an `Accumulator` may hold: a value that starts empty, takes one more, and is joined with another of its kind. The
/// order in which that happens is not known, so it must not matter.
///
/// ```cpp
/// struct Longest {
///     std::string text;
///     void add(std::string_view word) { if (word.size() > text.size()) text = word; }
///     void merge(Longest const& other) { add(other.text); }
/// };
/// static_assert(Accumulating<Longest>);
/// Accumulator<Longest> const longest{"longest word"};
/// rdd({std::string_view{"to"}, std::string_view{"question"}}) | foreach([&](auto word) { longest.add(word); });
/// CHECK(longest.value().text == "question");
/// ```
template <class A>
concept Accumulating = std::default_initializable<A> && std::copyable<A> && requires(A& a, A const& b) { a.merge(b); };

/// A value that tasks add to, on any thread, and that the program reads. A cheap handle: copies are the same
/// accumulator, and functions capture it by value.
///
/// Each thread adds to a part of its own, so that they do not wait for each other; `value()` joins the parts. What a task
/// adds counts at once, whatever becomes of its batch: one that fails and is run again adds again, and a narrow operator
/// of which two outputs stand below runs, and adds, twice. To count exactly once, add in an output.
///
/// ```cpp
/// LongAccumulator const dropped{"lines dropped"};
/// auto const good = rdd({1, -2, 3}) | filter([&](int x) { return x > 0 || (dropped.add(1), false); });
/// CHECK((good | count()) == 2);
/// CHECK(dropped.value().sum == 1);
/// CHECK(dropped.name() == "lines dropped");
/// ```
template <Accumulating A>
class Accumulator {
public:
    Accumulator() : Accumulator(std::string{}) {}
    explicit Accumulator(std::string name) : state_(detail::makeCounted<State>(std::move(name))) {}

    template <class X>
        requires requires(A& a, X const& x) { a.add(x); }
    void add(X const& x) const
    {
        auto& part = state_->parts[partOfThread()];
        std::lock_guard const lock{part.mutex};
        part.value.add(x);
    }

    [[nodiscard]] A value() const
    {
        A all{};
        for (auto& part : state_->parts) {
            std::lock_guard const lock{part.mutex};
            all.merge(part.value);
        }
        return all;
    }

    /// Begins anew. What is added meanwhile may be lost or not.
    void reset() const
    {
        for (auto& part : state_->parts) {
            std::lock_guard const lock{part.mutex};
            part.value = A{};
        }
    }

    [[nodiscard]] std::string const& name() const { return state_->name; }

private:
    static constexpr std::size_t parts = 16;

    struct alignas(64) Part {
        std::mutex mutex;
        A value{};
    };
    struct State : detail::RefCounted {
        explicit State(std::string given) : name(std::move(given)) {}
        std::string name;
        Part parts[Accumulator::parts];
    };

    static std::size_t partOfThread()
    {
        static std::atomic<std::size_t> threads{0};
        thread_local std::size_t const part = threads.fetch_add(1, std::memory_order_relaxed) % parts;
        return part;
    }

    detail::Counted<State> state_;
};

/// A sum of integers, and how many there were.
///
/// ```cpp
/// LongAccumulator const seen;
/// seen.add(5);
/// seen.add(2);
/// CHECK(seen.value().sum == 7);
/// CHECK(seen.value().avg() == 3.5);
/// ```
struct LongSum {
    std::int64_t sum = 0;
    std::int64_t count = 0;

    void add(std::int64_t x)
    {
        sum += x;
        ++count;
    }
    void merge(LongSum const& other)
    {
        sum += other.sum;
        count += other.count;
    }
    /// NaN where there were none.
    [[nodiscard]] double avg() const { return static_cast<double>(sum) / static_cast<double>(count); }
};

/// A sum of floating-point numbers, and how many there were. Its last digits depend on who added what first.
///
/// ```cpp
/// DoubleAccumulator const seen;
/// seen.add(1.5);
/// CHECK(seen.value().sum == 1.5);
/// ```
struct DoubleSum {
    double sum = 0;
    std::int64_t count = 0;

    void add(double x)
    {
        sum += x;
        ++count;
    }
    void merge(DoubleSum const& other)
    {
        sum += other.sum;
        count += other.count;
    }
    /// NaN where there were none.
    [[nodiscard]] double avg() const { return sum / static_cast<double>(count); }
};

/// All that was added, in no order.
///
/// ```cpp
/// CollectionAccumulator<std::string> const bad;
/// bad.add("a line");
/// CHECK(bad.value().items == std::vector<std::string>{"a line"});
/// ```
template <class T>
struct Items {
    std::vector<T> items;

    void add(T const& item) { items.push_back(item); }
    void merge(Items const& other) { items.insert(items.end(), other.items.begin(), other.items.end()); }
};

using LongAccumulator = Accumulator<LongSum>;
using DoubleAccumulator = Accumulator<DoubleSum>;
template <class T>
using CollectionAccumulator = Accumulator<Items<T>>;

}  // namespace sluice::inline SLUICE_ABI
