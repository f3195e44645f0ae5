#pragma once

#include <sluice/exchange/matched_rows.hpp>

namespace sluice::inline SLUICE_ABI::detail {

template <class T>
void makeRoom(PageVector<T>& list, std::size_t size)
{
    if (list.size() >= size) return;
    list.clear();  // nothing of it is needed
    list.resize(size);
}

SLUICE_BODY void MatchedRows::begin(std::size_t left, std::size_t right)
{
    if (left >= none - right || right >= none) throw StreamError{"sluice: more than 2^32 records meet in one partition"};
    clear();
    left_ = left;
    right_ = right;
    index_.reserve(right < fewRows ? 2 * right : right);
    makeRoom(firsts_, right);
    makeRoom(matches_, left + 1);
}

SLUICE_BODY void MatchedRows::arrange(bool alsoRightAlone)
{
    bool const all = index_.size() > 0 && found_ == left_;
    auto const numbers = right_ + (all ? left_ : 0);
    makeRoom(groupOf_, numbers);
    makeRoom(all_, found_ + (alsoRightAlone ? right_ : 0) + 1);
    if (numbers > 0) std::memset(groupOf_.data(), 255, numbers * sizeof(std::uint32_t));
    std::uint32_t groups = 0;
    for (std::size_t m = 0; m < found_; ++m) {  // nobody could predict which are the first of their keys: no branch asks
        auto& match = matches_[m];
        auto const known = groupOf_[match.group];
        all_[groups] = {match.left, match.group < right_ ? match.group : none, 0};
        auto const fresh = known == none ? ~std::uint32_t{0} : 0;
        auto const group = (groups & fresh) | (known & ~fresh);
        groups -= fresh;
        groupOf_[match.group] = group;
        ++all_[group].end;
        match.group = group;
    }
    groups_ = groups;
    std::size_t behind = 0;
    for (std::size_t g = 0; g < groups_; ++g) behind += std::exchange(all_[g].end, behind);
    for (std::uint32_t row = 0; alsoRightAlone && row < right_; ++row) {
        if (firsts_[row] == row && groupOf_[row] == none) all_[groups_++] = {none, row, behind};
    }
    if (!repeats_) return;
    makeRoom(spans_, right_);
    std::memset(static_cast<void*>(spans_.data()), 0, right_ * sizeof(Span));
    for (std::uint32_t row = 0; row < right_; ++row) ++spans_[firsts_[row]].size;
    std::uint32_t end = 0;
    for (std::uint32_t row = 0; row < right_; ++row) {
        spans_[row].end = end;
        end += spans_[row].size;
    }
}

SLUICE_BODY void MatchedRows::clear() noexcept
{
    index_.clear();
    found_ = groups_ = left_ = right_ = 0;
    repeats_ = false;
}

}  // namespace sluice::inline SLUICE_ABI::detail
