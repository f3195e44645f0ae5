#pragma once

#include <sluice/batch/rdd.hpp>

namespace sluice::inline SLUICE_ABI::detail {

template <std::size_t I, class Next>
struct PairMemberStep {
    [[no_unique_address]] Next next;

    template <class R>
    constexpr bool operator()(R&& record)
    {
        return next(std::get<I>(static_cast<R&&>(record)));
    }
};

/// One member of each pair: where the pair lies in the batch, so does the member.
template <std::size_t I>
struct PairMember : NarrowBase {
    Label label;
    static constexpr bool resumable = true;

    template <class Up>
    using Record = decltype(std::get<I>(std::declval<RecordOf<Up>>()));
    template <class Up>
    static constexpr bool stored = Up::stored && std::is_lvalue_reference_v<RecordOf<Up>>;
    template <class Up>
    static constexpr bool stable = Up::stable;

    template <class Up>
    static constexpr bool accepts = isPair<ValueOf<Up>>;

    template <class Up>
    static consteval void require()
    {
        if constexpr (I == 0) {
            static_assert(isPair<ValueOf<Up>>, "sluice::keys(): the records must be pairs of a key and a value");
        } else {
            static_assert(isPair<ValueOf<Up>>, "sluice::values(): the records must be pairs of a key and a value");
        }
    }

    template <class Next>
    constexpr auto before(Next next) const
    {
        return PairMemberStep<I, Next>{static_cast<Next&&>(next)};
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
