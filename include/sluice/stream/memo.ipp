#pragma once

#include <sluice/stream/memo.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Where the result of batch t stands, or would. The newest is asked for most.
inline std::size_t AnyMemo::placeOf(Time t) const
{
    auto end = kept_.size();
    if (end == 0 || kept_[end - 1].time < t) return end;
    std::size_t begin = 0;
    for (--end; begin < end;) {
        auto const middle = begin + (end - begin) / 2;
        if (kept_[middle].time < t) begin = middle + 1;
        else end = middle;
    }
    return begin;
}

/// Whether there is room for one more that is spare; it is made once.
inline bool AnyMemo::hasRoom() noexcept
{
    try {
        spare_.reserve(spares);
    } catch (...) {
        return false;
    }
    return spare_.size() < spares;
}

SLUICE_BODY AnyMemo::~AnyMemo()
{
    forget();
    for (auto* const result : spare_) kind_.drop(result);
}

SLUICE_BODY RefCounted* AnyMemo::find(Time t) const
{
    std::lock_guard const lock{mutex_};
    auto const at = placeOf(t);
    if (at == kept_.size() || kept_[at].time != t) return nullptr;
    kept_[at].result->retain();
    return kept_[at].result;
}

SLUICE_BODY RefCounted* AnyMemo::findOr(Time t, void (*fill)(void* context, RefCounted& result), void* context)
{
    std::lock_guard const lock{mutex_};
    auto const at = placeOf(t);
    if (at == kept_.size() || kept_[at].time != t) {
        kept_.makeRoom();  // before anything is taken that would be lost
        auto* const result = spare_.empty() ? kind_.make() : spare_.back();
        if (!spare_.empty()) spare_.pop_back();
        try {
            fill(context, *result);
        } catch (...) {
            kind_.drop(result);
            throw;
        }
        kept_.push_back({t, result});
        for (auto i = kept_.size() - 1; i > at; --i) std::swap(kept_[i], kept_[i - 1]);  // rarely an earlier one
    }
    kept_[at].result->retain();
    return kept_[at].result;
}

SLUICE_BODY void AnyMemo::each(void (*see)(void* context, RefCounted const& result), void* context) const
{
    std::lock_guard const lock{mutex_};
    for (auto const& one : kept_) see(context, *one.result);
}

SLUICE_BODY void AnyMemo::evict(Time upTo)
{
    std::lock_guard const lock{mutex_};
    while (!kept_.empty() && kept_[0].time <= upTo) {
        auto* const result = kept_[0].result;
        if (result->unique() && hasRoom()) {
            kind_.clear(*result);
            spare_.push_back(result);
            kept_.pop_front();
        } else {
            kept_.pop_front();
            kind_.drop(result);
        }
    }
}

SLUICE_BODY void AnyMemo::forget() noexcept
{
    std::lock_guard const lock{mutex_};
    for (auto const& one : kept_) kind_.drop(one.result);
    kept_.clear();
}

}  // namespace sluice::inline SLUICE_ABI::detail
