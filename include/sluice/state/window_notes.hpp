#pragma once

#include <sluice/batch/list.hpp>
#include <sluice/stream/time.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// What has changed of a KeyedWindow since its keeper has asked: that is what a checkpoint costs, however large the window is. What is
/// noted where nothing may fail has its room before.
struct WindowNotes {
    /// The queue of batches right before one entered: how many there were, and its borders.
    struct Borders {
        std::size_t parts, l, r, a, b;
    };
    struct Entered {
        Time time;
        Borders before;
    };

    List<Entered> entered;      // perhaps undone since
    List<std::uint32_t> keys;   // that came or went, by number
    List<std::uint32_t> left;   // with an inverse: the keys of batches that left
    std::size_t leastFree = 0;  // how few numbers were free meanwhile
    List<std::uint32_t> live;   // those that had a key when all were given anew, in their order
    bool renumbered = false;

    /// A key has come, and it may go.
    SLUICE_COLD void came(std::uint32_t number, std::size_t end, std::size_t free)
    {
        keys.push_back(number);
        keys.reserve(keys.size() + end);
        if (free < leastFree) leastFree = free;
    }
    SLUICE_COLD void went(std::uint32_t number) noexcept { keys.push_back(number); }

    /// Keys have other numbers, by the old ones; `none`: they are gone. Room for all that are left was made in `live`.
    SLUICE_COLD void renumber(Row<std::uint32_t> const& numbers, std::uint32_t none) noexcept
    {
        for (std::uint32_t old = 0; old < numbers.size(); ++old) {
            if (numbers[old] != none) live.push_back(old);
        }
        std::size_t kept = 0;
        for (auto const old : left) {
            if (old < numbers.size() && numbers[old] != none) left[kept++] = numbers[old];
        }
        while (left.size() > kept) left.pop_back();
        keys.clear();
        renumbered = true;
    }

    /// They are written.
    SLUICE_COLD void clear(std::size_t free) noexcept
    {
        entered.clear();
        keys.clear();
        left.clear();
        live.clear();
        renumbered = false;
        leastFree = free;
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
