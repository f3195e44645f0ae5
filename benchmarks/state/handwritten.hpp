#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

// What one would write by hand for one state a key: entries side by side, an index of 8 bytes a slot at most half full (32
// bits of hash, 32 of number) as in the library, look-ups a block ahead of their use.

namespace state {

using Record = std::pair<std::int64_t, std::int64_t>;

/// As the library hashes a number.
std::uint32_t tagOf(std::int64_t key);

class Index {
public:
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    explicit Index(std::size_t keys) : slots_(std::bit_ceil(2 * keys)), shift_(32 - std::countr_zero(slots_.size())) {}

    void prefetch(std::uint32_t tag) const { __builtin_prefetch(&slots_[tag >> shift_]); }
    [[nodiscard]] std::uint32_t likely(std::uint32_t tag) const { return slots_[tag >> shift_].entry - 1; }
    template <class Same>
    [[nodiscard]] std::uint32_t find(std::uint32_t tag, Same&& same) const
    {
        for (std::size_t i = tag >> shift_; slots_[i].entry != 0; i = (i + 1) & (slots_.size() - 1)) {
            if (slots_[i].tag == tag && same(slots_[i].entry - 1)) return slots_[i].entry - 1;
        }
        return none;
    }
    void insert(std::uint32_t tag, std::uint32_t number)
    {
        std::size_t i = tag >> shift_;
        while (slots_[i].entry != 0) i = (i + 1) & (slots_.size() - 1);
        slots_[i] = {tag, number + 1};
    }

private:
    struct Slot {
        std::uint32_t tag;
        std::uint32_t entry;
    };
    std::vector<Slot> slots_;
    int shift_;
};

/// Counts of keys that time out, with what each batch has changed and how it was.
class Counts {
public:
    Counts(std::vector<Record> const& initial, std::int64_t now, std::int64_t timeout);

    /// A batch: the new counts of its records go to `out`.
    void update(std::vector<Record> const& records, std::int64_t now, std::vector<std::int64_t>& out);
    [[nodiscard]] std::int64_t sum() const;

private:
    struct Entry {
        std::int64_t key;
        std::int64_t count;
        std::int64_t touched;
        std::uint32_t due;
        std::uint32_t batch;
    };
    struct Before {
        std::uint32_t number;
        std::int64_t touched;
        std::int64_t count;
    };

    std::vector<Entry> entries_;
    Index index_;
    std::vector<Before> log_;
    std::vector<std::vector<std::uint32_t>> due_;  // by the time of a touch
    std::size_t first_ = 0;                        // of these
    std::int64_t timeout_;
    std::uint32_t batch_ = 0;
};

/// Sums that are all visited in each batch.
class Sums {
public:
    explicit Sums(std::vector<Record> const& initial);

    void update(std::vector<Record> const& records);
    [[nodiscard]] std::int64_t sum() const;

private:
    std::vector<Record> entries_;
    Index index_;
    std::vector<std::uint32_t> group_;                                        // of each key that has values
    std::vector<std::pair<std::uint32_t, std::vector<std::int64_t>>> groups_;  // kept for their memory
};

}  // namespace state
