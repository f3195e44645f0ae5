#pragma once

#include <sluice/state/state_table.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY DueLists::~DueLists()
{
    for (auto* const level : levels_) delete[] level;
}

SLUICE_BODY void DueLists::push(Slot slot, std::uint32_t number)
{
    auto const place = placeOf(slot);
    if (levels_[place / width] == nullptr) open(place / width);
    auto& list = listAt(place);
    if (list.capacity() == 0 && spares_ > 0) list.swap(spare_[--spares_]);
    list.push_back({number, static_cast<std::uint32_t>(slot)});
    mark(place);
}

SLUICE_COLD SLUICE_BODY void DueLists::open(std::size_t level)
{
    for (std::size_t k = 0; k < levels; ++k) {
        if ((k < usual || k == level) && levels_[k] == nullptr) levels_[k] = new List<Due>[width];
    }
}

SLUICE_COLD SLUICE_BODY void DueLists::pop(Slot slot) noexcept
{
    auto const place = placeOf(slot);
    listAt(place).pop_back();
    if (listAt(place).empty()) unmark(place);
}

SLUICE_BODY std::size_t DueLists::due(Slot upTo) const noexcept
{
    std::size_t n = 0;
    for (auto place = nextDue(upTo, none); place != none; place = nextDue(upTo, place)) ++n;
    return n;
}

SLUICE_BODY void DueLists::advance(Slot upTo, List<Taken>& taken) noexcept
{
    for (auto place = nextDue(upTo, none); place != none; place = nextDue(upTo, place)) {
        taken.push_back({place, listAt(place).size()});
        unmark(place);
    }
    if (upTo > over_) over_ = upTo;
}

SLUICE_BODY void DueLists::drop(Taken taken) noexcept
{
    auto& list = listAt(taken.place);
    for (; taken.count > 0; --taken.count) list.pop_front();
    if (!list.empty()) return;
    if (spares_ < std::size(spare_) && list.capacity() <= longOne) spare_[spares_++].swap(list);
    else list.shrink();
}

SLUICE_COLD SLUICE_BODY void DueLists::retreat(Slot over, List<Taken> const& taken) noexcept
{
    for (auto const& one : taken) mark(one.place);
    over_ = over;
}

SLUICE_COLD SLUICE_BODY std::size_t DueLists::bytes() const
{
    std::size_t sum = 0;
    for (auto const* const level : levels_) {
        for (std::size_t i = 0; level != nullptr && i < width; ++i) sum += sizeof(List<Due>) + level[i].capacity() * sizeof(Due);
    }
    for (auto const& list : spare_) sum += list.capacity() * sizeof(Due);
    return sum;
}

SLUICE_BODY std::size_t DueLists::nextDue(Slot upTo, std::size_t behind) const noexcept
{
    if (upTo <= over_) return none;
    auto const top = levelOf(upTo);
    for (auto place = behind + 1; place / width <= top; place = (place / width + 1) * width) {
        auto const level = place / width;
        auto left = filled_[level] & (~std::uint64_t{0} << place % width);
        if (level == top) left &= ~std::uint64_t{0} >> (width - 1 - digit(upTo, level));
        if (left != 0) return level * width + static_cast<std::size_t>(std::countr_zero(left));
    }
    return none;
}

SLUICE_COLD SLUICE_BODY AnyStateTable::AnyStateTable(std::optional<Duration> timeout, Duration slot) : timeout_(timeout), slot_(slot) {}

SLUICE_BODY void AnyStateTable::begin(Time now)
{
    if (batch_ == 0) base_ = now - times(slot_, timeout_.value_or(Duration{0}) / slot_ + 2);
    now_ = now;
    over_ = lists_.over();
    batch_ = batch_ + 1 == gone ? 1 : batch_ + 1;
    log_.clear();
}

SLUICE_BODY void AnyStateTable::expire(void (*timedOut)(void* context, std::uint32_t number), void* context)
{
    auto const threshold = now_ - *timeout_;
    auto const last = slotOf(threshold - Duration{1});
    spent_.reserve(lists_.due(last));
    lists_.advance(last, spent_);
    for (auto const taken : spent_) {
        auto const* const list = lists_.at(taken);
        for (std::size_t i = 0; i < taken.count; ++i) {
            if (i + ahead < taken.count) entries_->prefetch(list[i + ahead].number);
            auto const [number, slot] = list[i];
            if (!entries_->has(number)) continue;
            auto const& entry = marks(number);
            if (entry.due != slot || (entry.marked & gone) != 0) continue;
            if (entry.touched >= threshold) later_.push_back(number);
            else timedOut(context, number);
        }
    }
}

SLUICE_COLD SLUICE_BODY void AnyStateTable::list(std::uint32_t number)
{
    auto& entry = marks(number);
    auto const slot = slotToList(entry.touched);
    if (entry.due == static_cast<std::uint32_t>(slot)) return;
    lists_.push(slot, number);
    entry.due = static_cast<std::uint32_t>(slot);
}

SLUICE_BODY void AnyStateTable::enlist(std::uint32_t number)
{
    auto const slot = slotToList(marks(number).touched);
    lists_.push(slot, number);
    pushed_.push_back({slot, number});  // room was made
}

SLUICE_BODY void AnyStateTable::ready()
{
    if (notesChanges_) {
        reserveRemoved(gone_.size());
        changed_.resize((entries_->end() + std::size_t{63}) / 64);
    }
    if (!timeout_) return;
    pushed_.reserve(later_.size() + born_.size());
    for (auto const number : later_) enlist(number);
    for (auto const number : born_) {
        if ((marks(number).marked & gone) == 0) enlist(number);
    }
}

SLUICE_BODY void AnyStateTable::commitAll() noexcept
{
    for (auto const& [slot, number] : pushed_) marks(number).due = static_cast<std::uint32_t>(slot);
    for (auto const number : gone_) {
        if (entries_->has(number) && (marks(number).marked & gone) != 0) drop(number);  // else it was twice, or it is back
    }
    if (notesChanges_) {
        for (auto const& noted : log_) {
            if (entries_->has(noted.number)) changed_[noted.number / 64] |= std::uint64_t{1} << noted.number % 64;
        }
    }
    for (auto const taken : spent_) lists_.drop(taken);
    bool const far = slack_.isFar((entries_->size() + log_.size()) * bytesAKey, (entries_->end() + log_.capacity()) * bytesAKey);
    settle();
    if (far) compact();
}

SLUICE_BODY void AnyStateTable::drop(std::uint32_t number) noexcept
{
    if (notesChanges_) changed_[number / 64] &= ~(std::uint64_t{1} << number % 64);
    remove(number, notesChanges_);
}

SLUICE_COLD SLUICE_BODY void AnyStateTable::noteChanged(std::uint32_t number)
{
    if (!notesChanges_) return;
    if (changed_.size() <= number / 64) changed_.resize(number / 64 + std::size_t{1});
    changed_[number / 64] |= std::uint64_t{1} << number % 64;
}

SLUICE_COLD SLUICE_BODY void AnyStateTable::forgetNumber(std::uint32_t number) noexcept
{
    if (number / 64 < changed_.size()) changed_[number / 64] &= ~(std::uint64_t{1} << number % 64);
    remove(number, false);
}

SLUICE_COLD SLUICE_BODY void AnyStateTable::forgotten() noexcept
{
    if (entries_->size() < entries_->end() / 2) compact();
}

SLUICE_COLD SLUICE_BODY std::size_t AnyStateTable::countChanges() const
{
    auto n = countRemoved();
    for (auto const word : changed_) n += static_cast<std::size_t>(std::popcount(word));
    return n;
}

SLUICE_COLD SLUICE_BODY void AnyStateTable::noteChanges() noexcept
{
    notesChanges_ = true;
    for (auto& word : changed_) word = 0;
    clearRemoved();
}

SLUICE_COLD SLUICE_BODY void AnyStateTable::undoAll() noexcept
{
    for (auto i = pushed_.size(); i-- > 0;) lists_.pop(pushed_[i].slot);
    lists_.retreat(over_, spent_);
    for (; !log_.empty(); log_.pop_back()) {
        auto const& noted = log_.back();
        if (!noted.hadState) {
            remove(noted.number, false);
            continue;
        }
        restore(noted.number);
        marks(noted.number).touched = noted.touched;
        marks(noted.number).marked = 0;
    }
    settle();
}

SLUICE_COLD SLUICE_BODY std::size_t AnyStateTable::bytesOfAll() const
{
    return entries_->bytes() + index_.bytes() + lists_.bytes() + log_.capacity() * sizeof(Noted) + pushed_.capacity() * sizeof(Pushed) +
           changed_.capacity() * sizeof(std::uint64_t) + (later_.capacity() + born_.capacity() + gone_.capacity()) * sizeof(std::uint32_t);
}

SLUICE_COLD SLUICE_BODY void AnyStateTable::compact() noexcept
{
    Row<std::uint32_t> numbers;  // by the old ones
    try {
        Row<std::uint32_t>(entries_->end()).swap(numbers);
        for (auto& number : numbers) number = KeyIndex::none;
        squeeze(numbers.begin());
    } catch (...) {
        return;
    }
    auto const renumber = [&](std::uint32_t number) { return number < numbers.size() ? numbers[number] : KeyIndex::none; };
    index_.renumber(numbers.begin());
    lists_.prune([&](DueLists::Due& due) {
        due.number = renumber(due.number);
        return due.number != KeyIndex::none && marks(due.number).due == due.slot;
    });
    for (auto& noted : log_) noted.number = renumber(noted.number);
    renumberChanges(numbers.begin());
    log_.shrink();
    spent_.shrink();
    pushed_.shrink();
    for (auto* list : {&later_, &born_, &gone_}) list->shrink();
}

/// No number becomes a higher one, so each word is free when others come to it.
SLUICE_COLD SLUICE_BODY void AnyStateTable::renumberChanges(std::uint32_t const* numbers) noexcept
{
    for (std::size_t w = 0; w < changed_.size(); ++w) {
        for (auto left = std::exchange(changed_[w], 0); left != 0; left &= left - 1) {
            auto const number = numbers[w * 64 + static_cast<unsigned>(std::countr_zero(left))];
            changed_[number / 64] |= std::uint64_t{1} << number % 64;
        }
    }
    auto const words = (entries_->end() + std::size_t{63}) / 64;
    if (words < changed_.size()) changed_.resize(words);
    changed_.shrink();
}

SLUICE_BODY void AnyStateTable::settle() noexcept
{
    spent_.clear();
    later_.clear();
    pushed_.clear();
    born_.clear();
    gone_.clear();
}

}  // namespace sluice::inline SLUICE_ABI::detail
