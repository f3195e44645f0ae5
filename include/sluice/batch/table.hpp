#pragma once

#include <sluice/batch/arena.hpp>
#include <sluice/batch/crowding.hpp>
#include <sluice/batch/pages.hpp>

#include <bit>
#include <cstdint>
#include <cstring>

namespace sluice::inline SLUICE_ABI::detail {

// One file although it is long: what a slot holds decides how keys are found, how the table grows, and how values come to their entries.

// What a slot of a table has of its key. `isWhole()`: whether that decides if keys are the same. `tag()`: tagOfKey(key). `of(key, hashOrTag)`:
// where that is known.

/// A number, as it is hashed, so that hardly any of them lies there as 0.
struct NumberInSlot {
    static constexpr std::uint64_t hardlyAny = hashLast;

    std::uint64_t word;

    template <class Q>
    static NumberInSlot of(Q key, std::uint64_t = 0) noexcept
    {
        if constexpr (std::is_floating_point_v<Q>) return {bitsOf(static_cast<double>(key)) ^ hardlyAny};
        else return {wordOf(key) ^ hardlyAny};
    }
    [[nodiscard]] std::uint32_t tag(std::uint64_t seed = 0) const noexcept
    {
        return seed == 0 ? tagOfWord(word ^ hardlyAny) : static_cast<std::uint32_t>(hashWord(word ^ hardlyAny, seed));
    }
    [[nodiscard]] std::uint64_t hash() const noexcept { return hashWord(word ^ hardlyAny); }
    [[nodiscard]] static constexpr bool isWhole() noexcept { return true; }
    [[nodiscard]] bool same(NumberInSlot other) const noexcept { return word == other.word; }
};

/// Short text as it is; of longer text the hash and the size.
struct TextInSlot {
    static constexpr std::uint32_t longer = ShortText::most + 2;
    static constexpr std::uint32_t soughtLonger = longer + 1;  // is in no slot: it is looked at further (Table::findText)

    ShortText text;
    std::uint32_t kind;  // 1 more than the size, or `longer`: of a slot that is free, which is all zeros, it is another one

    // Member by member: a copy in one piece of what has just been written in several has to wait for these.
    TextInSlot(ShortText t, std::uint32_t k) noexcept : text{t.low, t.high}, kind(k) {}
    TextInSlot(TextInSlot const& o) noexcept : text{o.text.low, o.text.high}, kind(o.kind) {}
    TextInSlot& operator=(TextInSlot const& o) noexcept
    {
        text.low = o.text.low;
        text.high = o.text.high;
        kind = o.kind;
        return *this;
    }

    static TextInSlot of(std::string_view key, std::uint64_t hash) noexcept
    {
        if (key.size() <= ShortText::most) return {shortText(key.data(), key.size()), static_cast<std::uint32_t>(key.size()) + 1};
        return {{hash, key.size()}, longer};
    }
    [[nodiscard]] std::uint32_t tag() const noexcept { return isWhole() ? tagOfText(text) : static_cast<std::uint32_t>(text.low); }
    [[nodiscard]] std::uint64_t hash() const noexcept { return isWhole() ? hashShortText(text, kind - 1) : text.low; }
    [[nodiscard]] bool isWhole() const noexcept { return kind < longer; }
    [[nodiscard]] bool same(TextInSlot const& other) const noexcept
    {
        return ((text.low ^ other.text.low) | (text.high ^ other.text.high) | (kind ^ other.kind)) == 0;
    }
};

/// Of any other key half of the hash.
struct HashInSlot {
    std::uint32_t half;

    template <class Q>
    static HashInSlot of(Q const&, std::uint64_t hash) noexcept
    {
        return {static_cast<std::uint32_t>(hash)};
    }
    [[nodiscard]] std::uint32_t tag() const noexcept { return half; }
    [[nodiscard]] static constexpr bool isWhole() noexcept { return false; }
    [[nodiscard]] bool same(HashInSlot other) const noexcept { return half == other.half; }
};

template <class K>
using InSlot = std::conditional_t<isNumberKey<K>, NumberInSlot, std::conditional_t<isTextKey<K>, TextInSlot, HashInSlot>>;

/// A key that is looked for in tables of keys K.
template <class K>
struct Sought {
    InSlot<K> in;
    std::uint64_t hashOrTag;  // the tag, or, where nothing less says what it is, the hash, of which the tag is the lower half

    [[nodiscard]] std::uint32_t tag() const noexcept { return static_cast<std::uint32_t>(hashOrTag); }
    [[nodiscard]] std::uint64_t hash() const noexcept
    {
        if constexpr (isNumberKey<K> || isTextKey<K>) return in.hash();
        else return hashOrTag;
    }
};
template <class K, class Q>
[[gnu::always_inline]] inline Sought<K> sought(Q const& key) noexcept
{
    if constexpr (isNumberKey<K>) {
        auto const in = NumberInSlot::of(key);
        return {in, in.tag()};
    } else if constexpr (isTextKey<K>) {
        std::string_view const text = key;
        if (text.size() <= ShortText::most) {
            auto const in = TextInSlot::of(text, 0);
            return {in, in.tag()};
        }
        auto const hash = hashLongText(text.data(), text.size(), 0);
        return {{{hash, text.size()}, TextInSlot::soughtLonger}, hash};
    } else {
        auto const hash = hashOfKey(key);
        return {InSlot<K>::of(key, hash), hash};
    }
}

/// A flat hash table that keeps its entries in the order of their first occurrence, side by side: the next loop runs
/// over an array. Open addressing with linear probing; in the slots lie the keys that are numbers or short text, and values of a few
/// bytes beside them: to find them again takes one look at memory. `finish` brings such values to their entries. A slot that is
/// free is one of four, or more, in a table that fits into the second cache, and one of two in a larger one. Slots stand in the order of
/// hashes, whatever the table's size: to grow runs through memory, and tables of the same keys can be run through side by side
/// (`inHashOrder`). Keys that crowd are hashed anew (`Crowding`), until the table is cleared; clear keeps the memory.
template <class K, class V>
class Table {
public:
    using Entry = std::pair<K, V>;
    using Entries = PageVector<Entry>;

    /// Whether values lie in slots: those of which to make a copy is to copy their bytes.
    static constexpr bool holdsValues = !std::is_same_v<InSlot<K>, HashInSlot> && std::is_trivially_copy_constructible_v<V> &&
                                        std::is_trivially_destructible_v<V> && sizeof(V) <= 8 && alignof(V) <= 8;

    /// Values are those of the last finish().
    [[nodiscard]] Entries const& entries() const { return entries_; }
    [[nodiscard]] Entries& entries() { return entries_; }
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    [[nodiscard]] Crowding const& crowding() const { return crowding_; }
    [[nodiscard]] Arena& arena() { return arena_; }

    /// Whether it is so large that what is looked for should be fetched before it is needed.
    [[nodiscard]] bool isLarge() const { return stage_ != Stage::small; }
    /// Whether its keys are, or are about to become, so many that it should be divided (exchange/radix_table.hpp).
    [[nodiscard]] bool isHuge() const { return stage_ == Stage::huge; }
    /// It is one of so many that are filled side by side, and share the cache.
    void share(std::size_t tables) noexcept
    {
        large_ = static_cast<std::uint32_t>(tables < large / 1024 ? large / std::bit_ceil(tables) : 1024);
    }
    /// Of one that is large: what came was entered.
    void sawRow()
    {
        if (watched_ != 0 && --watched_ == 0) judge();
    }
    void prefetch(std::uint64_t hashOrTag) const { __builtin_prefetch(&slots_.data[home(hashOrTag)], 1); }
    /// When that has come: the entry, if that will be looked at.
    void prefetchEntry(std::uint64_t hashOrTag) const
        requires(!holdsValues)
    {
        if (auto const entry = slots_.data[home(hashOrTag)].entry; entry != 0) __builtin_prefetch(entries_.data() + (entry - 1), 1);
    }

    /// Calls found(value) where the key is there; else adds what makeEntry() makes.
    template <class Q, class Make, class Found>
    void upsert(Sought<K> const& sought, Q const& key, Make&& makeEntry, Found&& found)
    {
        if constexpr (alone) {
            for (std::size_t i = seeded_ ? slots_.home(seededTagOf(key)) : home(sought.hashOrTag);; i = (i + 1) & slots_.mask) {
                Slot& slot = slots_.data[i];
                if (slot.key.word == sought.in.word && slot.key.word != 0) return found(valueIn(slot));
                if (slot.key.word == 0) break;
            }
            if (sought.in.word == 0 && zero_ != 0) return found(entries_[zero_ - 1].second);
        } else if constexpr (isTextKey<K>) {
            // Most short texts are found at once: the loop that asks for them has nothing else in it.
            Slot& slot = slots_.data[home(sought.hashOrTag)];
            if (slot.key.same(sought.in)) return found(valueOf(slot));
            if (Slot* const there = findText(key, sought.hashOrTag)) return found(valueOf(*there));
        } else if (Slot* const there = find(sought, key)) {
            return found(valueOf(*there));
        }
        insert(sought.hashOrTag, makeEntry());
    }

    /// Values that were kept in slots go to their entries.
    void finish()
    {
        if constexpr (alone) {
            eachSlot([this](std::size_t e, std::size_t i) { ::new (static_cast<void*>(&entries_[e].second)) V(valueIn(slots_.data[i])); });
        } else if constexpr (holdsValues) {
            auto const take = [this](std::size_t i) {
                ::new (static_cast<void*>(&entries_[slots_.data[i].entry - 1].second)) V(valueIn(slots_.data[i]));
            };
            if (seeded_ || slots_.mask > large_) return slots_.each(take);
            for (std::uint32_t entry = 1; entry <= entries_.size(); ++entry) {  // most slots are free
                auto i = home(sought<K>(entries_[entry - 1].first).hashOrTag);
                while (slots_.data[i].entry != entry) i = (i + 1) & slots_.mask;
                take(i);
            }
        }
    }

    /// f(tag, index, key, value) for each entry, nearly in the order of their hashes, so that one runs through memory. Where slots do not
    /// say which entry they are, the index is `unknown`, and the key as it lies in the slot: see sameAs. Where keys crowd, and where the table was divided, in no order.
    template <class F>
    void inHashOrder(F&& f) const
    {
        auto const give = [&](std::size_t e) {
            auto const& [key, value] = entries_[e];
            if constexpr (alone) f(tagOfKey(key), static_cast<std::uint32_t>(e), InSlot<K>::of(key), value);
            else f(tagOfKey(key), static_cast<std::uint32_t>(e), key, value);
        };
        if (crowding_.seed() != 0 || slots_.mask == 0) {
            for (std::size_t e = 0; e < entries_.size(); ++e) give(e);
            return;
        }
        if (zero_ != 0) give(zero_ - 1);
        Slot const* next[64];
        for (std::size_t begin = 0; begin < slots_.size(); begin += 64) {
            std::size_t n = 0;
            for (std::size_t i = begin; i < begin + 64 && i < slots_.size(); ++i) {
                next[n] = &slots_.data[i];  // without a branch that nobody could predict
                n += slots_.isFree(i) ? 0 : 1;
            }
            if constexpr (alone) {
                for (std::size_t i = 0; i < n; ++i) f(next[i]->key.tag(), unknown, next[i]->key, valueIn(*next[i]));
            } else {
                for (std::size_t i = 0; i < n; ++i) __builtin_prefetch(&entries_[next[i]->entry - 1]);
                for (std::size_t i = 0; i < n; ++i) {
                    auto const& [key, value] = entries_[next[i]->entry - 1];
                    f(next[i]->key.tag(), next[i]->entry - 1, key, value);
                }
            }
        }
    }
    static constexpr std::uint32_t unknown = ~std::uint32_t{0};
    /// Whether this key is the one that inHashOrder has given.
    template <class Q>
    [[nodiscard]] static bool sameAs(Q const& given, K const& key) noexcept
    {
        if constexpr (std::is_same_v<Q, K>) return sameKey(key, given);
        else return InSlot<K>::of(key).same(given);
    }

    void clear() noexcept
    {
        if (!entries_.empty() && slots_.mask != 0) slots_.clear();
        entries_.clear();
        arena_.clear();
        crowding_ = {};
        seeded_ = false;
        zero_ = 0;
        stage_ = slots_.mask > large_ ? Stage::large : Stage::small;
        watched_ = 0;
    }

protected:
    Entries entries_;

    /// So many do not fit into its share of the second cache.
    [[nodiscard]] std::size_t manyKeys() const { return large_ / 4; }
    /// What is its share of so many, where several are filled side by side.
    [[nodiscard]] std::size_t shareOf(std::size_t all) const { return all / (large / large_); }

    /// Its entries are somewhere else.
    void divided() noexcept
    {
        entries_.clear();
        slots_ = {};
        before_ = 0;  // the next one is to see for itself, on its way, that it should be divided
        most_ = 0;
        stage_ = Stage::huge;
        crowding_ = {};
        seeded_ = false;
        zero_ = 0;
    }

private:
    /// Slots of sixteen bytes or less do not say which entry they are: it is found by its key. The one number that would lie in a slot as 0,
    /// which is free, has none: its value lies in its entry.
    static constexpr bool alone = holdsValues && isNumberKey<K>;

    struct WithoutValue {
        InSlot<K> key;
        std::uint32_t entry;  // index + 1; 0: free
    };
    struct alignas(16) WithValue {
        [[no_unique_address]] InSlot<K> key;  // what follows lies in the padding of it
        std::uint32_t entry;
        alignas(V) unsigned char value[sizeof(V)];
    };
    struct ValueAlone {
        InSlot<K> key;
        alignas(V) unsigned char value[sizeof(V)];
    };
    using Slot = std::conditional_t<alone, ValueAlone, std::conditional_t<holdsValues, WithValue, WithoutValue>>;
    static_assert(!holdsValues || 64 % sizeof(Slot) == 0, "sluice: no slot should lie in two lines of the cache");

    static constexpr std::size_t large = (std::size_t{2} << 20) / sizeof(Slot);  // slots, beyond which a table leaves the second cache
    static constexpr std::uint32_t sample = 1024;

    enum class Stage : std::uint8_t { small, large, huge };

    /// A table that has no slots of its own yet has this one, which is free.
    alignas(Slot) static constexpr unsigned char none[2 * sizeof(Slot)] = {};

    struct Slots {
        Slot* data = const_cast<Slot*>(reinterpret_cast<Slot const*>(none));
        std::size_t mask = 0;
        unsigned shift = 32;

        Slots() = default;
        explicit Slots(std::size_t size) : mask(size - 1), shift(static_cast<unsigned>(32 - std::countr_zero(size)))
        {
            data = static_cast<Slot*>(allocatePages(bytes()));
            clear();
        }
        Slots(Slots&& other) noexcept : Slots() { swap(other); }
        Slots& operator=(Slots&& other) noexcept
        {
            swap(other);
            return *this;
        }
        ~Slots()
        {
            if (mask == 0) return;
            releasePages(data, bytes());
            before_ = size();
        }
        void swap(Slots& other) noexcept
        {
            std::swap(data, other.data);
            std::swap(mask, other.mask);
            std::swap(shift, other.shift);
        }

        [[nodiscard]] std::size_t size() const { return mask + 1; }
        [[nodiscard]] std::size_t bytes() const { return size() * sizeof(Slot); }
        [[nodiscard]] std::size_t home(std::uint32_t tag) const { return static_cast<std::size_t>(std::uint64_t{tag} >> shift); }
        void clear() noexcept { std::memset(static_cast<void*>(data), 0, bytes()); }

        [[nodiscard]] bool isFree(std::size_t i) const noexcept
        {
            if constexpr (alone) return data[i].key.word == 0;
            else return data[i].entry == 0;
        }
        /// f(i) for each slot that is not free.
        template <class F>
        void each(F&& f) const
        {
            for (std::size_t i = 0; i <= mask; ++i) {
                if (!isFree(i)) f(i);
            }
        }
        /// The first free one from this one on.
        [[nodiscard]] std::size_t free(std::size_t i) const noexcept
        {
            while (!isFree(i)) i = (i + 1) & mask;
            return i;
        }
    };

    [[nodiscard]] std::size_t home(std::uint64_t hashOrTag) const { return slots_.home(static_cast<std::uint32_t>(hashOrTag)); }
    template <class S>
    [[nodiscard]] static auto& valueIn(S& slot)
    {
        return *std::launder(reinterpret_cast<std::conditional_t<std::is_const_v<S>, V const, V>*>(slot.value));
    }
    [[nodiscard]] V& valueOf(Slot& slot)
    {
        if constexpr (holdsValues) return valueIn(slot);
        else return entries_[slot.entry - 1].second;
    }
    /// Where the key is, or null.
    template <class Q>
    [[nodiscard]] [[gnu::always_inline]] Slot* find(Sought<K> const& sought, Q const& key)
    {
        for (std::size_t i = seeded_ ? slots_.home(seededTagOf(key)) : home(sought.hashOrTag);; i = (i + 1) & slots_.mask) {
            Slot& slot = slots_.data[i];
            if (slot.entry == 0) return nullptr;
            if (slot.key.same(sought.in) && (sought.in.isWhole() || sameKey(entries_[slot.entry - 1].first, key))) return &slot;
        }
    }
    [[nodiscard]] [[gnu::noinline]] Slot* findText(std::string_view key, std::uint64_t hashOrTag)
    {
        return find({InSlot<K>::of(key, hashOrTag), hashOrTag}, key);
    }
    /// The last entry, or the one before number `end`, takes a free slot: whether keys crowd now.
    bool put(std::size_t end, std::uint64_t hashOrTag, std::size_t home) noexcept
    {
        auto const& entry = entries_[end - 1];
        auto const in = InSlot<K>::of(entry.first, hashOrTag);
        if constexpr (alone) {
            if (in.word == 0) {
                zero_ = static_cast<std::uint32_t>(end);
                return false;
            }
        }
        auto const i = slots_.free(home);
        slots_.data[i].key = in;
        if constexpr (!alone) slots_.data[i].entry = static_cast<std::uint32_t>(end);
        if constexpr (holdsValues) ::new (static_cast<void*>(slots_.data[i].value)) V(entry.second);
        return crowds(i, home);
    }
    bool crowds(std::size_t i, std::size_t home) noexcept
    {
        auto const distance = (i - home) & slots_.mask;
        return distance >= Crowding::near && crowding_.add(distance, entries_.size());
    }

    /// Small keys are handed on as copies: a loop whose key's address is needed somewhere keeps it in memory.
    template <class Q>
    [[nodiscard]] std::uint32_t seededTagOf(Q const& key) const
    {
        if constexpr (isNumberKey<Q>) {
            return tagOfKey(key, crowding_.seed());
        } else if constexpr (std::is_trivially_copyable_v<Q> && std::is_copy_constructible_v<Q> && sizeof(Q) <= 32) {
            Q const copy(key);
            return seededTag(copy, crowding_.seed());
        } else {
            return seededTag(key, crowding_.seed());
        }
    }

    [[nodiscard]] std::uint32_t seededTagOf(Slot const& slot) const
    {
        if constexpr (alone) return slot.key.tag(crowding_.seed());
        else return seededTagOf(entries_[slot.entry - 1].first);
    }
    /// f(index, i) for each entry that has a slot, and that slot.
    template <class F>
    void eachSlot(F&& f) const
    {
        constexpr std::size_t ahead = 32;
        std::size_t homes[ahead];
        for (std::size_t begin = 0; begin < entries_.size(); begin += ahead) {
            auto const n = entries_.size() - begin < ahead ? entries_.size() - begin : ahead;
            for (std::size_t k = 0; k < n; ++k) {
                auto const& key = entries_[begin + k].first;
                homes[k] = slots_.home(seeded_ ? seededTagOf(key) : tagOfKey(key));
                __builtin_prefetch(&slots_.data[homes[k]]);
            }
            for (std::size_t k = 0; k < n; ++k) {
                auto const word = InSlot<K>::of(entries_[begin + k].first).word;
                if (word == 0) continue;
                auto i = homes[k];
                while (slots_.data[i].key.word != word) i = (i + 1) & slots_.mask;
                f(begin + k, i);
            }
        }
    }

    [[gnu::noinline]] void insert(std::uint64_t hashOrTag, Entry&& made)
    {
        if (entries_.size() >= most_) grow();
        entries_.push_back(static_cast<Entry&&>(made));
        if (put(entries_.size(), hashOrTag, seeded_ ? slots_.home(seededTagOf(entries_.back().first)) : home(hashOrTag))) reseed();
    }

    /// A processor that has taken a slot to be free, or not, and errs, loses as much time as it needs for ten keys: so where memory is
    /// near, one slot of sixteen is in use at most, then one of eight, of four, and of two in a large table.
    [[nodiscard]] std::size_t slotsPerEntry() const
    {
        auto const size = slots_.size();
        return size <= large_ / 16 ? 16 : size <= large_ / 4 ? 8 : size <= large_ ? 4 : 2;
    }
    SLUICE_COLD void grow()
    {
        if (entries_.size() >= 0x7fffffffU) throw StreamError{"sluice: more than 2^31 keys in one partition"};
        auto const doubled = slots_.mask == 0 ? 64 : slots_.size() * 2;
        auto const before = before_;
        bool const asBefore = before > doubled && before / 8 <= doubled && before <= 128 * large;
        auto const size = asBefore ? before : doubled;
        Slots slots(size);
        finish();
        slots_.swap(slots);
        most_ = slots_.size() / slotsPerEntry();
        if (asBefore) {  // and was not divided
            stage_ = size > large_ ? Stage::large : Stage::small;
            watched_ = 0;
        } else if (slots_.size() >= large_ && stage_ != Stage::huge) {
            stage_ = Stage::large;
            watched_ = sample;
            watchedFrom_ = static_cast<std::uint32_t>(entries_.size());
        }
        crowding_.restart(crowding_.seed());
        bool crowd = false;
        slots.each([&, this](std::size_t from) {
            auto const at = slots_.home(seeded_ ? seededTagOf(slots.data[from]) : slots.data[from].key.tag());
            auto const i = slots_.free(at);
            std::memcpy(static_cast<void*>(slots_.data + i), slots.data + from, sizeof(Slot));
            crowd = crowds(i, at) || crowd;
        });
        if (crowd) reseed();
        slots = {};
        before_ = before;
    }

    /// Where nine of ten keys are new to a table that has thousands, there are very many of them (of N that come as often as each other, it
    /// has a tenth of N); and where it has outgrown the cache, half of them say so, or three of four where it has its share of that alone.
    /// Where most come back, as words do, what is fetched before it is needed is mostly near.
    SLUICE_COLD void judge() noexcept
    {
        auto const fresh = entries_.size() - watchedFrom_;
        if (fresh > (slots_.mask <= large_ ? sample / 10 * 9 : slots_.mask <= large ? sample / 4 * 3 : sample / 2)) stage_ = Stage::huge;
        else if (slots_.mask <= large_) stage_ = Stage::small;
    }

    SLUICE_COLD void reseed() noexcept
    {
        finish();
        seeded_ = true;
        for (std::size_t tolerance = 1;; tolerance *= 2) {
            crowding_.restart(crowding_.another(this), tolerance);
            slots_.clear();
            std::size_t end = 1;
            while (end <= entries_.size()) {
                auto const& key = entries_[end - 1].first;
                if (put(end, sought<K>(key).hashOrTag, slots_.home(seededTagOf(key)))) break;
                ++end;
            }
            if (end > entries_.size()) return;
        }
    }

    /// Slots of the table that this thread let go of last: one that has come to an eighth of it grows to that at once. Batches of a program
    /// are much alike, and to double a table again and again costs as much as to fill it once it is large.
    static inline thread_local std::size_t before_ = 0;

    Slots slots_;
    std::size_t most_ = 0;  // entries, until it grows
    bool seeded_ = false;
    Stage stage_ = Stage::small;
    std::uint32_t large_ = large;
    std::uint32_t watched_ = 0;      // so many more rows are watched, …
    std::uint32_t watchedFrom_ = 0;  // … from so many entries on
    std::uint32_t zero_ = 0;         // the entry without a slot, counted from 1
    Crowding crowding_;
    Arena arena_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
