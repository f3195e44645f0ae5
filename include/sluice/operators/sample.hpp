#pragma once

#include <sluice/batch/rdd.hpp>
#include <sluice/batch/sampler.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

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
    [[nodiscard]] constexpr decltype(auto) place() const { return up_.place(); }
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
