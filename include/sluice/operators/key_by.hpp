#pragma once

#include <sluice/operators/detail/record_function.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// A key that is a view may look into the record, which then has to stay where it is.
template <class Key>
inline constexpr bool ownsKey = holdOf<std::remove_cvref_t<Key>>() == Hold::owns && !std::is_pointer_v<std::remove_cvref_t<Key>>;

/// Behind need::ReturnsValue.
template <class F>
struct HandsOnBehindKey {
    template <class Up>
    static constexpr bool holds =
        std::is_constructible_v<ValueOf<Up>,
                                std::conditional_t<ownsKey<CallResult<F, ConstRecordOf<Up>>>, RecordOf<Up>, ConstRecordOf<Up>>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(holds<Up>, "sluice::keyBy(f): the records must be copyable, or made on the way and their keys no views");
    }
};

template <class F>
struct KeyBy : RecordFunction<KeyBy<F>, F, ConstRecord>,
               Needs<need::Calls<F, ConstRecordOf>, need::ReturnsValue<F, ConstRecordOf>, HandsOnBehindKey<F>> {
    using KeyBy::RecordFunction::RecordFunction;
    static constexpr char const* spelled = "keyBy";

    template <class R, class Result>
    using Pushed = std::pair<std::remove_cvref_t<Result>, std::remove_cvref_t<R>>;
    template <class Up, class Result>
    static constexpr bool lasts = Up::stable && (ownsKey<Result> || looksIntoBatch<Up>);

    template <class Called, class R, class Next>
    static constexpr bool give(Called const& called, R&& record, Next& next)
    {
        decltype(auto) key = called();
        using Key = decltype(key);
        if constexpr (ownsKey<Key>) return next(Pushed<R, Key>(static_cast<Key&&>(key), static_cast<R&&>(record)));
        else return next(Pushed<R, Key>(static_cast<Key&&>(key), std::as_const(record)));
    }
};

}  // namespace detail

/// Put its key before every record: T becomes the pair (f(T), T).
///
/// Narrow. f takes a record, or the members of a pair or tuple, as const, and returns its key; it may be a pointer to a
/// member. Partitions and the order of records are kept. An empty batch stays empty, *no RDD* stays none. What f throws
/// fails the batch, as a `StreamError` that names this operator; with `keyBy(f, letters)` its record goes to the
/// `deadLetters`, and the others on.
///
/// ```cpp
/// auto byLength = rdd({std::string{"to"}, std::string{"be"}, std::string{"or"}, std::string{"not"}})
///     | keyBy(&std::string::size);
/// CHECK((byLength | map([](std::size_t key, std::string const&) { return key; }) | collect())
///       == std::vector<std::size_t>{2, 2, 2, 3});
/// ```
inline constexpr detail::RecordFunctionMaker<detail::KeyBy> keyBy{};

}  // namespace sluice::inline SLUICE_ABI
