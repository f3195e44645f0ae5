#pragma once

#include <sluice/batch/joined_batches.hpp>

#include <tuple>

namespace sluice::inline SLUICE_ABI::detail {

/// Whether it is an RDD<T> or a DStream<T>, or unites one: a loop may have made it, and their unions are kept flat (JoinedBatches,
/// UnitedStreams), however many there are.
template <class Up, class Any>
inline constexpr bool unitesAny = std::is_same_v<Up, Any> || requires { requires Up::joinsAny; };

/// Records of several batches, one after another: their partitions are appended.
template <class... Ups>
class UnionBatch {
    template <class T>
    using Bare = std::remove_cvref_t<T>;
    using FirstRecord = RecordOf<std::tuple_element_t<0, std::tuple<Ups...>>>;
    static constexpr bool alike = (std::is_same_v<FirstRecord, RecordOf<Ups>> && ...);

public:
    using Record = std::conditional_t<alike, FirstRecord, Bare<FirstRecord> const&>;
    static constexpr bool stored = alike && (Ups::stored && ...);
    static constexpr bool stable = (Ups::stable && ...);
    static constexpr bool joinsAny = (unitesAny<Ups, AnyBatch<Bare<FirstRecord>>> || ...);

    constexpr explicit UnionBatch(Ups... ups) : ups_(static_cast<Ups&&>(ups)...) {}

    [[nodiscard]] constexpr bool resumable() const
    {
        return std::apply([](auto const&... up) { return (up.resumable() && ...); }, ups_);
    }
    [[nodiscard]] constexpr std::size_t partitions() const
    {
        return std::apply([](auto const&... up) { return (up.partitions() + ...); }, ups_);
    }
    [[nodiscard]] constexpr bool isEmpty(std::size_t p) const
    {
        return with(p, [](auto const& up, std::size_t q) { return up.isEmpty(q); });
    }
    [[nodiscard]] constexpr auto place() const
    {
        return std::apply([](auto const&... up) { return placeOf(up.place()...); }, ups_);
    }
    constexpr void prepare() const
    {
        std::apply([](auto const&... up) { (up.prepare(), ...); }, ups_);
    }
    [[nodiscard]] constexpr bool views(void const* from, void const* to) const
    {
        return std::apply([=](auto const&... up) { return (viewsMemory(up, from, to) || ...); }, ups_);
    }

    /// Any batch of these.
    [[nodiscard]] auto joined() const
        requires joinsAny
    {
        using T = Bare<FirstRecord>;
        return AnyBatch<T>{std::apply(
            [](auto const& first, auto const&... rest) {
                auto all = anyBatch<T>(first).batch();
                ((all = joinedOf<T>(all, anyBatch<T>(rest).batch())), ...);
                return all;
            },
            ups_)};
    }

    template <class Sink>
    constexpr std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        return with(p, [&](auto const& up, std::size_t q) {
            if constexpr (std::is_same_v<Record, RecordOf<decltype(up)>>) {
                return up.each(q, from, sink);
            } else {
                ConstStep<Sink> step{static_cast<Sink&&>(sink)};
                auto const at = up.each(q, from, step);
                sink = static_cast<Sink&&>(step.next);
                return at;
            }
        });
    }

private:
    /// Makes one record type of values and references.
    template <class Next>
    struct ConstStep {
        Next next;
        constexpr bool operator()(Bare<Record> const& record) { return next(record); }
    };

    template <std::size_t I = 0, class F>
    constexpr auto with(std::size_t p, F const& f) const
    {
        auto const& up = std::get<I>(ups_);
        if constexpr (I + 1 == sizeof...(Ups)) {
            return f(up, p);
        } else {
            return p < up.partitions() ? f(up, p) : with<I + 1>(p - up.partitions(), f);
        }
    }

    std::tuple<Ups...> ups_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
