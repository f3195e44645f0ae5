#pragma once

#include <sluice/batch/rdd.hpp>

#include <cstdint>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// SplitMix64: G. Steele, D. Lea, C. Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014, with the constants
/// of S. Vigna's splitmix64.c, 2015. The n-th number is a function of the seed and n alone.
class SplitMix {
public:
    constexpr explicit SplitMix(std::uint64_t seed) noexcept : state_(seed) {}

    static constexpr std::uint64_t mix(std::uint64_t z) noexcept
    {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    constexpr std::uint64_t operator()() noexcept { return mix(state_ += 0x9e3779b97f4a7c15); }

private:
    std::uint64_t state_;
};

/// How often a record is taken: once or not at all, or a Poisson number of times.
class Sampler {
public:
    constexpr Sampler(bool withReplacement, double fraction, std::uint64_t seed) : withReplacement_(withReplacement), seed_(seed)
    {
        if (withReplacement) {
            draws_ = static_cast<std::uint64_t>(fraction / largestMean) + 1;
            mean_ = fraction / static_cast<double>(draws_);
            none_ = 1 / exp(mean_);
        } else {
            threshold_ = static_cast<std::uint64_t>(fraction * scale);
        }
    }

    /// Of each partition its own numbers.
    [[nodiscard]] constexpr SplitMix numbers(std::size_t partition) const
    {
        return SplitMix{SplitMix::mix(SplitMix::mix(seed_) + partition)};
    }

    [[nodiscard]] constexpr std::uint64_t times(SplitMix& random) const
    {
        if (!withReplacement_) return random() >> 11 < threshold_ ? 1 : 0;
        std::uint64_t count = 0;
        for (std::uint64_t i = 0; i < draws_; ++i) count += poisson(static_cast<double>(random() >> 11) / scale);
        return count;
    }

private:
    // Numbers of 53 bits are exact in a double. Of a larger mean a Poisson number is the sum of several of a smaller one.
    static constexpr double scale = 9007199254740992.0;
    static constexpr double largestMean = 8;

    // By its series, and without any x * y + z: no library and no fused instruction may decide a last bit, and with it which
    // records are taken.
    static constexpr double exp(double x)
    {
        double sum = 1;
        double term = 1;
        for (int n = 1; sum + term != sum; ++n) {
            term = term * x / n;
            sum += term;
        }
        return sum;
    }

    /// By inversion: L. Devroye, Non-Uniform Random Variate Generation, 1986, X.3.
    [[nodiscard]] constexpr std::uint64_t poisson(double u) const
    {
        double term = none_;
        double sum = none_;
        std::uint64_t count = 0;
        while (u >= sum) {
            term = term * mean_ / static_cast<double>(++count);
            if (sum + term == sum) break;
            sum += term;
        }
        return count;
    }

    bool withReplacement_;
    std::uint64_t seed_;
    std::uint64_t threshold_ = 0;
    std::uint64_t draws_ = 0;
    double mean_ = 0;
    double none_ = 1;
};

template <class Next>
struct SampleStep {
    Sampler const* sampler;
    SplitMix random;
    [[no_unique_address]] Next next;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        auto times = sampler->times(random);
        if (times == 0) return true;
        for (; times > 1; --times) {
            if constexpr (std::is_lvalue_reference_v<R>) {
                if (!next(record)) return false;
            } else {
                if (!next(R(std::as_const(record)))) return false;
            }
        }
        return next(static_cast<R&&>(record));
    }
};

template <class Up, class Op>
class Sampled {
public:
    using Record = std::conditional_t<std::is_lvalue_reference_v<RecordOf<Up>>, RecordOf<Up>, ValueOf<Up>>;
    static constexpr bool stored = Up::stored && std::is_lvalue_reference_v<RecordOf<Up>>;
    static constexpr bool stable = Up::stable;

    constexpr Sampled(Up up, Counted<Box<Op>> const& op) : up_(static_cast<Up&&>(up)), op_(op) {}

    [[nodiscard]] static constexpr bool resumable() { return false; }  // the numbers go on from record to record
    [[nodiscard]] constexpr std::size_t partitions() const { return up_.partitions(); }
    [[nodiscard]] constexpr bool isEmpty(std::size_t p) const { return up_.isEmpty(p); }
    [[nodiscard]] constexpr auto place() const { return up_.place(); }
    constexpr void prepare() const { up_.prepare(); }
    /// It leaves records where they are.
    [[nodiscard]] auto partitioning() const
        requires(requires(Up const& up) { up.partitioning(); })
    {
        return up_.partitioning();
    }

    template <class Sink>
    constexpr std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        auto const& sampler = op_->value.sampler;
        SampleStep<Sink> step{&sampler, sampler.numbers(p), static_cast<Sink&&>(sink)};
        auto const at = up_.each(p, from, step);
        sink = static_cast<Sink&&>(step.next);
        return at;
    }

private:
    [[no_unique_address]] Up up_;
    Counted<Box<Op>> op_;
};

template <class B>
struct SaysBool {
    template <class Up>
    static constexpr bool holds = isBool<B>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice::sample(withReplacement, fraction, seed): withReplacement must be true or false");
    }
};
struct Repeatable {
    template <class Up>
    static constexpr bool holds = std::is_lvalue_reference_v<RecordOf<Up>> || std::is_copy_constructible_v<ValueOf<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>,
                      "sluice::sample(withReplacement, fraction, seed): the records must be copyable, as one may be taken several "
                      "times");
    }
};

template <class B>
struct Sample : PartwiseBase, Needs<SaysBool<B>, Repeatable> {
    Sampler sampler;
    Label label;

    constexpr Sample(bool withReplacement, double fraction, std::uint64_t seed, CallSite at)
        : sampler(withReplacement, inRange(withReplacement, fraction, {"sample", at}), seed), label{"sample", at}
    {
    }

    template <class Up>
    static constexpr auto on(Up up, Counted<Box<Sample>> const& op)
    {
        return Sampled<Up, Sample>{static_cast<Up&&>(up), op};
    }

private:
    static constexpr double inRange(bool withReplacement, double fraction, Label const& label)
    {
        if (fraction >= 0 && fraction <= (withReplacement ? 1e15 : 1.0)) return fraction;
        throw InvalidArgument{concat(
            {where(label), ": the fraction must be ", withReplacement ? "0 or more" : "from 0 to 1", ", got ", std::to_string(fraction)})};
    }
};

struct SampleFn : OperatorFnBase {
    template <class B>
    [[nodiscard]] constexpr auto operator()(B withReplacement, double fraction, std::uint64_t seed = 0,
                                            CallSite at = CallSite::here()) const
    {
        return Sample<B>{static_cast<bool>(withReplacement), fraction, seed, at};
    }
};

}  // namespace detail

/// Some of the records, by chance: `sample(withReplacement, fraction, seed = 0)`.
///
/// Narrow. `sample(false, fraction)` takes each record with the probability `fraction`, from 0 to 1; `sample(true, fraction)`
/// takes it a Poisson number of times, `fraction` times in the mean. Other fractions: `InvalidArgument`. Which records are
/// taken depends on the seed, the number of the partition and the position in it alone: on any machine, with any number of
/// workers, and in each batch of a stream the same positions. Partitions and the order of records are kept. An empty batch
/// stays empty, *no RDD* stays none.
///
/// ```cpp
/// std::vector<int> const numbers(1000, 1);
/// auto const tenth = rdd(numbers) | sample(false, 0.1, 42) | count();
/// CHECK(tenth == (rdd(numbers) | sample(false, 0.1, 42) | count()));
/// CHECK(tenth > 50);
/// CHECK(tenth < 150);
/// ```
inline constexpr detail::SampleFn sample{};

}  // namespace sluice::inline SLUICE_ABI
