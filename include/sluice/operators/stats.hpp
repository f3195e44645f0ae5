#pragma once

#include <sluice/codec/text.hpp>
#include <sluice/operators/detail/action.hpp>

#include <cstdint>
#include <limits>

namespace sluice::inline SLUICE_ABI {

/// Count, mean, variance, least and greatest of numbers, taken one by one or merged; never all of them in memory, and
/// without the cancellation that sums of squares suffer.
///
/// Of no numbers the mean and the sum are 0, the variance is NaN, `min()` is infinity and `max()` minus infinity, as in
/// the model. NaN makes mean, sum and variance NaN; `min()` and `max()` leave it out.
///
/// One by one after B. P. Welford, "Note on a method for calculating corrected sums of squares and products",
/// Technometrics 4 (1962); merged after T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a pairwise
/// algorithm for computing sample variances", Stanford CS-79-773 (1979).
///
/// ```cpp
/// StatCounter counter;
/// for (double x : {1.0, 2.0, 3.0}) counter.merge(x);
/// CHECK(counter.mean() == 2);
/// CHECK(counter.sampleVariance() == 1);
/// ```
class StatCounter {
public:
    /// One number more.
    constexpr StatCounter& merge(double x)
    {
        double const delta = x - mean_;
        ++count_;
        mean_ += delta / static_cast<double>(count_);
        squares_ += delta * (x - mean_);
        if (x < min_) min_ = x;
        if (x > max_) max_ = x;
        return *this;
    }

    /// All that another one has taken.
    constexpr StatCounter& merge(StatCounter const& other)
    {
        if (other.count_ == 0) return *this;
        if (count_ == 0) return *this = other;
        double const mine = static_cast<double>(count_);
        double const others = static_cast<double>(other.count_);
        double const delta = other.mean_ - mean_;
        squares_ += other.squares_ + delta * delta * (mine * others / (mine + others));
        // The step from the larger one is small; for two of about one size it would cancel digits.
        if (others * 10 < mine) mean_ += delta * others / (mine + others);
        else if (mine * 10 < others) mean_ = other.mean_ - delta * mine / (mine + others);
        else mean_ = (mean_ * mine + other.mean_ * others) / (mine + others);
        count_ += other.count_;
        if (other.min_ < min_) min_ = other.min_;
        if (other.max_ > max_) max_ = other.max_;
        return *this;
    }

    [[nodiscard]] constexpr std::int64_t count() const { return count_; }
    [[nodiscard]] constexpr double mean() const { return mean_; }
    [[nodiscard]] constexpr double sum() const { return mean_ * static_cast<double>(count_); }
    [[nodiscard]] constexpr double min() const { return min_; }
    [[nodiscard]] constexpr double max() const { return max_; }

    /// Of the numbers themselves: over their count.
    [[nodiscard]] constexpr double variance() const { return over(count_); }
    /// Of what they are a sample of: over their count less one; NaN for fewer than two.
    [[nodiscard]] constexpr double sampleVariance() const { return over(count_ - 1); }
    /// The square roots of these.
    [[nodiscard]] double stdev() const { return __builtin_sqrt(variance()); }
    [[nodiscard]] double sampleStdev() const { return __builtin_sqrt(sampleVariance()); }

    friend constexpr bool operator==(StatCounter const&, StatCounter const&) = default;

private:
    [[nodiscard]] constexpr double over(std::int64_t n) const
    {
        return n > 0 ? squares_ / static_cast<double>(n) : std::numeric_limits<double>::quiet_NaN();
    }

    std::int64_t count_ = 0;
    double mean_ = 0;
    double squares_ = 0;  // of the distances to the mean
    double min_ = std::numeric_limits<double>::infinity();
    double max_ = -std::numeric_limits<double>::infinity();
};
template <>
inline constexpr bool holdsNoViews<StatCounter> = true;

/// `(count: 2, mean: 1.5, stdev: 0.5, max: 2.0, min: 1.0)`, as the model.
///
/// ```cpp
/// CHECK(textOf(StatCounter{}.merge(1).merge(2)) == "(count: 2, mean: 1.5, stdev: 0.5, max: 2.0, min: 1.0)");
/// ```
template <>
struct TextOf<StatCounter> {
    static void append(std::string& out, StatCounter const& counter)
    {
        auto const put = [&out](std::string_view name, auto value) {
            out += name;
            appendText(out, value);
        };
        put("(count: ", counter.count());
        put(", mean: ", counter.mean());
        put(", stdev: ", counter.stdev());
        put(", max: ", counter.max());
        put(", min: ", counter.min());
        out += ')';
    }
};

namespace detail {

struct StatsSink {
    StatCounter counter;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        counter.merge(static_cast<double>(record));
        return true;
    }
    constexpr void merge(StatsSink const& other) { counter.merge(other.counter); }
    [[nodiscard]] constexpr StatCounter value() const { return counter; }
};

struct Stats : SinkAction<Stats>, Needs<need::Numbers> {
    using SinkAction::SinkAction;
    static constexpr char const* spelled = "stats";
    template <class Up>
    using Sink = StatsSink;
};

}  // namespace detail

/// The `StatCounter` of numbers: count, mean, sum, variance, standard deviation, least and greatest, in one pass: each
/// partition in order, merged in theirs.
///
/// Action. An empty batch gives the one of no numbers. In a stream: a stream of one record a batch, in one partition;
/// *no RDD* stays none.
///
/// ```cpp
/// StatCounter const s = rdd({2, 4, 4, 4, 5, 5, 7, 9}) | stats();
/// CHECK(s.mean() == 5);
/// CHECK(s.stdev() == 2);
/// ```
inline constexpr detail::Maker<detail::Stats> stats{};

}  // namespace sluice::inline SLUICE_ABI
