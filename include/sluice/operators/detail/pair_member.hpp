#pragma once

#include <sluice/operators/detail/record_function.hpp>

namespace sluice::inline SLUICE_ABI::detail {

template <std::size_t I>
struct MemberAt {
    template <class P>
    constexpr decltype(auto) operator()(P&& pair) const
    {
        return std::get<I>(static_cast<P&&>(pair));
    }
};

/// One member of each pair: where the pair lies in the batch, so does the member.
template <class Op, std::size_t I>
struct PairMember : RecordFunction<Op, MemberAt<I>, WholeRecord>, Needs<need::Pairs> {
    constexpr explicit PairMember(CallSite at) : PairMember::RecordFunction({}, at) {}

    template <class R, class Result>
    using Pushed = Result;
    template <class Up>
    static constexpr bool stored = Up::stored && std::is_lvalue_reference_v<RecordOf<Up>>;
    template <class Up, class Result>
    static constexpr bool lasts = Up::stable;

    template <class Called, class R, class Next>
    static constexpr bool give(Called const& called, R&&, Next& next)
    {
        return next(called());
    }
};

struct PairKeys : PairMember<PairKeys, 0> {
    using PairMember::PairMember;
    static constexpr char const* spelled = "keys";
};
struct PairValues : PairMember<PairValues, 1> {
    using PairMember::PairMember;
    static constexpr char const* spelled = "values";
};

}  // namespace sluice::inline SLUICE_ABI::detail
