#pragma once

#include <sluice/batch/key_index.hpp>
#include <sluice/batch/table.hpp>
#include <sluice/exchange/radix_rows.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Whether a table of very many keys is to be divided: they are numbers or text, and they and their values are copied as bytes are.
template <class K, class V>
inline constexpr bool dividesTable =
    !std::is_same_v<InSlot<K>, HashInSlot> && std::is_trivially_copy_constructible_v<K> && std::is_trivially_destructible_v<K> &&
    std::is_trivially_copy_constructible_v<V> && std::is_trivially_destructible_v<V> && sizeof(std::pair<K, V>) <= 64;

/// A table that is divided where its keys become so many that each look at one would have to wait for memory. Then keys lie in parts, by
/// the first bits of their tags, and rows wait until they are many (`wait`); then those of each part meet its keys in an index that is
/// small enough for the cache (`absorb`). Keys of a part stand in the order of their first occurrence, and in which order the parts are to
/// be read so that all keys do is known: `finish` reads them so.
template <class K, class V>
class RadixTable : public Table<K, V> {
    using Base = Table<K, V>;
    using In = InSlot<K>;

public:
    using typename Base::Entry;

    RadixTable() = default;
    RadixTable(RadixTable const&) = delete;
    SLUICE_COLD ~RadixTable() = default;

    [[nodiscard]] bool isDivided() const { return store_.begins != nullptr; }
    [[nodiscard]] bool empty() const { return Base::empty() && !isDivided(); }

    /// Its entries go to their parts; nothing is looked up in it, then, but what waits.
    SLUICE_COLD void divide()
    {
        Base::finish();
        auto const& entries = this->entries_;
        Store store(entries.size());
        PageBlock order(entries.size());
        std::uint32_t next[radixParts] = {};
        for (std::size_t e = 0; e < entries.size(); ++e) {
            order.data()[e] = static_cast<std::uint8_t>(partOf(tagOfKey(entries[e].first)));
            ++next[order.data()[e]];
        }
        std::uint32_t begin = 0;
        for (std::size_t p = 0; p < radixParts; ++p) {
            store.begins[p] = begin;
            begin += std::exchange(next[p], begin);
        }
        store.begins[radixParts] = begin;
        for (std::size_t e = 0; e < entries.size(); ++e) {
            auto const i = next[order.data()[e]]++;
            ::new (static_cast<void*>(store.entries + i)) Entry(entries[e]);
            store.setIn(i, inOf(entries[e].first));
        }
        store_ = std::move(store);
        order_ = std::move(order);
        this->divided();
    }

    /// A row that is kept until it is absorbed: whether there is room for another one.
    template <class Row>
    bool wait(Sought<K> const& sought, Row const& row)
    {
        if (!rows_.has()) rows_.start(store_.size() < RadixRows::most / 2 ? RadixRows::most : 2 * store_.size(), sizeof(Waiting<Row>));
        auto const part = partOf(sought.tag());
        ::new (rows_.place(part)) Waiting<Row>{sought.in, row};
        return rows_.took(part, sizeof(Waiting<Row>));
    }
    /// All rows that wait, in the order in which they came for each key: keyOf(row), make(key, row) for the first of a key, found(value, row).
    template <class Row, class KeyOf, class Make, class Found>
    [[gnu::noinline]] void absorb(KeyOf const& keyOf, Make const& make, Found const& found)
    {
        if (!rows_.has()) return;
        meet(rows_.ids(), rows_.size(), [&](std::size_t part, Meeting& meeting) {
            rows_.template each<Waiting<Row>>(part, [&](Waiting<Row>& kept) {
                auto const& key = keyOf(std::as_const(kept.row));
                meeting.row(kept.in(key), key, [&] { return make(key, kept.row); }, [&](V& value) { found(value, kept.row); });
            });
        });
        rows_.clear();
    }
    /// All keys of another one, which is divided, too: found(value, other value).
    template <class Found>
    [[gnu::noinline]] void absorb(RadixTable& other, Found const& found)
    {
        auto const& store = other.store_;
        meet(other.order_.data(), store.size(), [&](std::size_t part, Meeting& meeting) {
            for (std::size_t i = store.begins[part]; i < store.begins[part + 1]; ++i) {
                Entry& entry = store.entries[i];
                meeting.row(
                    store.in(i), entry.first, [&]() -> Entry const& { return entry; }, [&](V& value) { found(value, entry.second); });
            }
        });
    }

    /// Its entries stand side by side, as those of any table: nothing is looked up in it any more where it was divided.
    void finish()
    {
        if (isDivided()) join();
        else Base::finish();
    }
    void clear() noexcept
    {
        Base::clear();
        rows_.clear();
        store_ = {};
        order_ = {};
    }

private:
    static constexpr bool isText = !isNumberKey<K>;

    [[nodiscard]] static std::size_t partOf(std::uint32_t tag) { return tag >> (32 - radixBits); }
    /// What stands for it within its part, where the first bits are the same in all tags.
    [[nodiscard]] static std::uint32_t tagWithin(In const& in) { return in.tag() << radixBits; }
    template <class Q>
    [[nodiscard]] static In inOf(Q const& key)
    {
        return In::of(key, sought<K>(key).hashOrTag);
    }

    struct NoText {
        NoText(NumberInSlot) {}  // NOLINT: implicit, the row holds it
    };
    /// Text as it was read when the row came; where a row's text lies is far away by now.
    struct RowText {
        ShortText text;
        RowText(TextInSlot const& in) : text{in.text.low, in.text.high} {}  // NOLINT: implicit
    };
    template <class Row>
    struct Waiting {
        [[no_unique_address]] std::conditional_t<isText, RowText, NoText> text;
        Row row;

        template <class Q>
        [[nodiscard]] In in(Q const& key) const
        {
            if constexpr (isText) {
                auto const size = std::string_view{key}.size();
                return {text.text, size <= ShortText::most ? static_cast<std::uint32_t>(size) + 1 : TextInSlot::longer};
            } else {
                return In::of(key);
            }
        }
    };

    /// Entries part by part, and beside them, where these are not the keys themselves, what slots have of keys.
    struct Store {
        PageBlock block;
        std::uint32_t* begins = nullptr;  // of all parts, and the end of the last
        Entry* entries = nullptr;
        In* ins = nullptr;

        Store() = default;
        explicit Store(std::size_t most) : block(before + most * (sizeof(Entry) + (isText ? sizeof(In) : 0)))
        {
            begins = reinterpret_cast<std::uint32_t*>(block.data());
            entries = reinterpret_cast<Entry*>(block.data() + before);
            if constexpr (isText) ins = reinterpret_cast<In*>(entries + most);
        }
        [[nodiscard]] std::size_t size() const { return begins != nullptr ? begins[radixParts] : 0; }
        [[nodiscard]] In in(std::size_t i) const
        {
            if constexpr (isText) return ins[i];
            else return In::of(entries[i].first);
        }
        void setIn([[maybe_unused]] std::size_t i, [[maybe_unused]] In const& in) const
        {
            if constexpr (isText) ::new (static_cast<void*>(ins + i)) In(in);
        }

    private:
        static constexpr std::size_t before = (radixParts + 1) * sizeof(std::uint32_t) / 64 * 64 + 64;
    };

    /// Keys on their way into another Store: those that were there, and those of rows that are new.
    struct Meeting {
        Store const& before;
        Store next;
        PageBlock isNew;  // of each row, part by part
        std::uint8_t* nextIsNew;
        std::uint32_t counts[radixParts];  // of rows
        KeyIndex index;                    // of the keys of one part, …
        std::size_t begin = 0;             // … which stand from there on, …
        std::uint32_t n = 0;               // … and are so many

        SLUICE_COLD Meeting(Store const& store, std::size_t rows) : before(store), next(sum(store.size(), rows)), isNew(rows)
        {
            nextIsNew = isNew.data();
        }
        SLUICE_COLD ~Meeting() = default;
        Meeting(Meeting const&) = delete;

        [[nodiscard]] std::uint32_t operator()(std::uint32_t number, std::uint64_t seed) const
        {
            return seed == 0 ? tagWithin(next.in(begin + number)) : seededTag(next.entries[begin + number].first, seed);
        }
        void add(In const& in, Entry const& entry)
        {
            ::new (static_cast<void*>(next.entries + begin + n)) Entry(entry);
            next.setIn(begin + n, in);
            ++n;
            index.reserveBy(n + 1, *this);
        }
        [[gnu::noinline]] void beginPart(std::size_t p)
        {
            begin += n;
            n = 0;
            next.begins[p] = static_cast<std::uint32_t>(begin);
            index.restart();
            index.reserveBy(1, *this);
            for (std::size_t i = before.begins[p]; i < before.begins[p + 1]; ++i) {
                auto const in = before.in(i);
                index.insert(index.tagFor(tagWithin(in), before.entries[i].first), n);
                add(in, before.entries[i]);
            }
        }
        template <class Q, class Make, class Found>
        [[gnu::always_inline]] void row(In const& in, Q const& key, Make const& make, Found const& found)
        {
            auto const number = index.findOrInsert(index.tagFor(tagWithin(in), key), n, [&](std::uint32_t other) {
                if constexpr (isText) {
                    return next.ins[begin + other].same(in) && (in.isWhole() || sameKey(next.entries[begin + other].first, key));
                } else {
                    return In::of(next.entries[begin + other].first).same(in);
                }
            });
            *nextIsNew++ = number == n ? 1 : 0;
            if (number != n) found(next.entries[begin + number].second);
            else add(in, make());
        }

    private:
        static std::size_t sum(std::size_t keys, std::size_t rows)
        {
            if (keys + rows >= 0x7fffffffU) throw StreamError{"sluice: more than 2^31 keys in one partition"};
            return keys + rows;
        }
    };

    /// Rows, or keys, whose parts are `ids`: eachOf(part, meeting) enters those of a part.
    template <class Each>
    [[gnu::always_inline]] void meet(std::uint8_t const* ids, std::size_t size, Each const& eachOf)
    {
        Meeting meeting(store_, size);
        for (std::size_t p = 0; p < radixParts; ++p) {
            meeting.beginPart(p);
            auto const* const isNew = meeting.nextIsNew;
            eachOf(p, meeting);
            meeting.counts[p] = static_cast<std::uint32_t>(meeting.nextIsNew - isNew);
        }
        end(meeting, ids, size);
    }
    SLUICE_COLD void end(Meeting& meeting, std::uint8_t const* ids, std::size_t size)
    {
        meeting.next.begins[radixParts] = static_cast<std::uint32_t>(meeting.begin + meeting.n);
        if (order_.bytes() < store_.size() + size) {
            PageBlock order(store_.size() + size);
            if (store_.size() > 0) std::memcpy(order.data(), order_.data(), store_.size());
            order_ = std::move(order);
        }
        partsOfNew(ids, size, meeting.isNew.data(), meeting.counts, order_.data() + store_.size());
        store_ = std::move(meeting.next);
    }

    [[gnu::noinline]] void join()
    {
        constexpr std::size_t ahead = 128 / sizeof(Entry) + 1;
        auto const size = store_.size();
        auto& entries = this->entries_;
        entries.reserve(std::bit_ceil(size));
        std::uint32_t next[radixParts];
        for (std::size_t p = 0; p < radixParts; ++p) next[p] = store_.begins[p];
        for (std::size_t i = 0; i < size; ++i) {
            Entry const* const entry = store_.entries + next[order_.data()[i]]++;
            __builtin_prefetch(entry + ahead);
            entries.push_back(*entry);
        }
        store_ = {};
        order_ = {};
    }

    RadixRows rows_;
    Store store_;
    PageBlock order_;  // the parts of all keys, in the order of their first occurrence
};

}  // namespace sluice::inline SLUICE_ABI::detail
