#pragma once

#include <sluice/batch/crowding.hpp>
#include <sluice/batch/pages.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sluice::inline SLUICE_ABI::detail {

/// Which number a key has, where keys come and go: open addressing with linear probing over slots of eight bytes (32 bits
/// of hash, 32 of number), at most half full, in the order of hashes as in Table. Erasing moves back what was pushed on, so
/// that nothing slows down with time. Keys themselves are somewhere else; who asks compares them, and hashes them anew where they
/// crowd (`Crowding`): what is asked for, inserted and erased is named by `tagFor`.
class KeyIndex {
public:
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    /// What stands for a key whose hash begins with this tag.
    template <class Q>
    [[nodiscard]] std::uint32_t tagFor(std::uint32_t tag, Q const& key) const noexcept
    {
        return crowding_.seed() == 0 ? tag : seededTag(key, crowding_.seed());
    }

    /// The number of the key with this tag for which same(number) holds, or none.
    template <class Same>
    [[nodiscard]] std::uint32_t find(std::uint32_t tag, Same&& same) const
    {
        if (size_ == 0) return none;
        auto const mask = slots_.size() - 1;
        for (std::size_t i = tag >> shift_; slots_[i].entry != 0; i = (i + 1) & mask) {
            if (slots_[i].tag == tag && same(slots_[i].entry - 1)) return slots_[i].entry - 1;
        }
        return none;
    }

    /// Brings the slot that will be asked for.
    void prefetch(std::uint32_t tag) const
    {
        if (size_ != 0) __builtin_prefetch(&slots_[tag >> shift_]);
    }
    /// The number that find will most likely ask about, or none.
    [[nodiscard]] std::uint32_t likely(std::uint32_t tag) const { return size_ != 0 ? slots_[tag >> shift_].entry - 1 : none; }

    /// Makes room for so many keys in all: up to there insert cannot fail. Keys that crowd are put anew, by what keyOf(number) says.
    template <class KeyOf>
    void reserve(std::size_t keys, KeyOf const& keyOf)
    {
        if (keys * 2 <= slots_.size() && !crowded_) return;
        rebuild(keys, &keyOf, [](void const* of, std::uint32_t number, std::uint64_t seed) {
            return tagOfKey((*static_cast<KeyOf const*>(of))(number), seed);
        });
    }
    /// The same, where tagOf(number, seed) says what stands for a key: which seed 0 need not be its tag.
    template <class TagOfNumber>
    void reserveBy(std::size_t keys, TagOfNumber const& tagOf)
    {
        if (keys * 2 <= slots_.size() && !crowded_) [[likely]]
            return;
        rebuild(keys, &tagOf, [](void const* of, std::uint32_t number, std::uint64_t seed) {
            return (*static_cast<TagOfNumber const*>(of))(number, seed);
        });
    }
    /// Makes room where no key is at hand: its tags are not hashed anew.
    void reserve(std::size_t keys)
    {
        if (keys * 2 > slots_.size()) rebuild(keys, nullptr, nullptr);
    }
    /// Whether keys have crowded, or others are to come that do.
    [[nodiscard]] bool crowds() const noexcept { return crowded_ || crowding_.seed() != 0; }
    void expectCrowd() noexcept { crowded_ = crowded_ || crowding_.seed() == 0; }
    [[nodiscard]] Crowding const& crowding() const noexcept { return crowding_; }

    /// A key that is not there.
    void insert(std::uint32_t tag, std::uint32_t number)
    {
        reserve(size_ + 1);
        auto const mask = slots_.size() - 1;
        std::size_t i = tag >> shift_;
        while (slots_[i].entry != 0) i = (i + 1) & mask;
        put(i, tag, number);
    }
    /// As find; a key that is not there is inserted, with this number. There must be room for it.
    template <class Same>
    std::uint32_t findOrInsert(std::uint32_t tag, std::uint32_t number, Same&& same)
    {
        auto const mask = slots_.size() - 1;
        std::size_t i = tag >> shift_;
        for (; slots_[i].entry != 0; i = (i + 1) & mask) {
            if (slots_[i].tag == tag && same(slots_[i].entry - 1)) return slots_[i].entry - 1;
        }
        put(i, tag, number);
        return number;
    }

    /// The same for so many keys, of which each stands at the number that it will have if it is new, from `number` on, when it is asked for:
    /// put(i, number) puts it there, and so same(i, number) holds. Then found(i, number, isNew). Most keys are told apart by their tags
    /// without a branch that those which are there, and those which are not, would mislead. How many were new.
    template <class Put, class Same, class Found>
    [[gnu::always_inline]] std::uint32_t findOrInsertAll(std::size_t size, std::uint32_t const* tags, std::uint32_t number, Put const& put,
                                                         Same const& same, Found const& found)
    {
        auto* const slots = slots_.data();
        auto const mask = slots_.size() - 1;
        auto const shift = shift_;
        auto const before = number;
        for (std::size_t k = 0; k < size; ++k) {
            put(k, number);
            auto const home = tags[k] >> shift;
            for (std::size_t i = home;; i = (i + 1) & mask) {
                auto const [tag, entry] = slots[i];
                std::uint32_t free = entry == 0 ? ~std::uint32_t{0} : 0;
                asm("" : "+r"(free));  // no branch is made of it
                if (((tag ^ tags[k]) & ~free) != 0) continue;
                auto const at = ((entry - 1) & ~free) | (number & free);
                if (!same(k, at)) [[unlikely]]
                    continue;
                slots[i] = {tags[k], at + 1};
                found(k, at, free & 1);
                number += free & 1;
                auto const distance = (i - home) & mask;
                if (distance >= Crowding::near && free != 0 && crowding_.add(distance, size_ + number - before)) crowded_ = true;
                break;
            }
        }
        size_ += number - before;
        return number - before;
    }

    /// A key that is there.
    void erase(std::uint32_t tag, std::uint32_t number) noexcept;

    /// Is empty, and as large as so many keys as there were need.
    void restart() noexcept
    {
        if (slots_.size() > 64 && slots_.size() / 16 > size_) Slots{}.swap(slots_), size_ = 0;
        clear();
    }
    void clear() noexcept
    {
        if (size_ != 0) std::memset(slots_.data(), 0, slots_.size() * sizeof(Slot));
        size_ = 0;
        crowding_ = {};
        crowded_ = false;
    }

    /// Keys have other numbers, which stand in a list by the old ones. Memory that nothing needs is given back.
    [[gnu::cold]] void renumber(std::uint32_t const* numbers) noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return slots_.size() * sizeof(Slot); }

private:
    struct Slot {
        std::uint32_t tag;
        std::uint32_t entry;  // number + 1; 0: free
    };

    /// So many of them, and what is in them is not known yet.
    class Slots {
    public:
        Slots() = default;
        explicit Slots(std::size_t size) : data_(static_cast<Slot*>(allocatePages(size * sizeof(Slot)))), size_(size) {}
        Slots(Slots&& other) noexcept { swap(other); }
        Slots& operator=(Slots&& other) noexcept
        {
            swap(other);
            return *this;
        }
        ~Slots()
        {
            if (data_ != nullptr) releasePages(data_, size_ * sizeof(Slot));
        }

        void swap(Slots& other) noexcept
        {
            std::swap(data_, other.data_);
            std::swap(size_, other.size_);
        }
        [[nodiscard]] std::size_t size() const noexcept { return size_; }
        [[nodiscard]] Slot* data() noexcept { return data_; }
        [[nodiscard]] Slot const* begin() const noexcept { return data_; }
        [[nodiscard]] Slot const* end() const noexcept { return data_ + size_; }
        [[nodiscard]] Slot& operator[](std::size_t i) noexcept { return data_[i]; }
        [[nodiscard]] Slot const& operator[](std::size_t i) const noexcept { return data_[i]; }

    private:
        Slot* data_ = nullptr;
        std::size_t size_ = 0;
    };

    using TagOf = std::uint32_t (*)(void const*, std::uint32_t number, std::uint64_t seed);

    void put(std::size_t i, std::uint32_t tag, std::uint32_t number)
    {
        slots_[i] = {tag, number + 1};
        ++size_;
        auto const distance = (i - (tag >> shift_)) & (slots_.size() - 1);
        if (distance >= Crowding::near && crowding_.add(distance, size_)) crowded_ = true;
    }

    /// With more slots, or with another seed; where it grows it tries without one first.
    [[gnu::cold]] void rebuild(std::size_t keys, void const* of, TagOf tagOf);

    /// Whether the keys, put as the seed says, do not crowd. Without tagOf they keep their tags, and are put all the same.
    bool fill(Slots& slots, unsigned shift, Crowding& crowding, void const* of, TagOf tagOf) const;

    Slots slots_;
    unsigned shift_ = 32;
    bool crowded_ = false;
    Crowding crowding_;
    std::size_t size_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/batch/key_index.ipp>
#endif
