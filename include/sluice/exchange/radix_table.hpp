#pragma once

#include <sluice/batch/key_index.hpp>
#include <sluice/batch/table.hpp>
#include <sluice/exchange/radix_rows.hpp>

// One file although it is long: how rows wait, meet, and come back into the order in which they came stands on one order of parts.

namespace sluice::inline SLUICE_ABI::detail {

/// Whether a table of very many keys is to be divided: they are numbers or text, and they and their values are copied as bytes are.
template <class K, class V>
inline constexpr bool dividesTable =
    !std::is_same_v<InSlot<K>, HashInSlot> && std::is_trivially_copy_constructible_v<K> && std::is_trivially_destructible_v<K> &&
    std::is_trivially_copy_constructible_v<V> && std::is_trivially_destructible_v<V> && sizeof(std::pair<K, V>) <= 64;

/// A table that is divided where its keys become so many that each look at one would have to wait for memory. Then rows wait in parts, by
/// the first bits of their tags, until they are many (`wait`); then those of each part meet in an index that is small enough for the cache
/// (`meet`), also those of several tables, which come from one partition each. Keys of a part stand in the order of their first
/// occurrence, and in which order the parts are to be read so that all keys do is known: `finish` reads them so.
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

    /// Before the first row of a batch: whether it was better divided in the one before it. Then it is now.
    bool begin()
    {
        if (expected_ != 0) divide();
        return expected_ != 0;
    }

    /// Its entries go to their parts; nothing is looked up in it, then, but what waits.
    SLUICE_COLD void divide()
    {
        Base::finish();
        auto const& entries = this->entries_;
        Store store(entries.size());
        order_.ids = PageBlock(entries.size());
        auto* const ids = order_.ids.data();
        for (std::size_t e = 0; e < entries.size(); ++e) ids[e] = static_cast<std::uint8_t>(partOf(inOf(entries[e].first).tag()));
        order_.divide(entries.size(), store.begins);
        std::uint32_t next[radixParts];
        std::memcpy(next, store.begins, sizeof next);
        for (std::size_t e = 0; e < entries.size(); ++e) {
            auto const i = next[ids[e]]++;
            ::new (static_cast<void*>(store.entries + i)) Entry(entries[e]);
            store.setIn(i, inOf(entries[e].first));
        }
        store_ = std::move(store);
        this->divided();
    }

    /// A row that is kept until rows meet: whether there is room for another one.
    template <class Row>
    bool wait(Sought<K> const& sought, Row const& row)
    {
        if (!rows_.has()) rows_.start(roomFor(), sizeof(Waiting<Row>));
        auto const part = partOf(sought.tag());
        ::new (rows_.place(part)) Waiting<Row>{sought.in, row};
        return rows_.took(part, sizeof(Waiting<Row>));
    }

    /// The keys of this table and the rows that wait in it, then those of the others, of which each stands `stride` behind the one before
    /// it, come into this one, which is divided from then on. Each value is made as if rows had met in their own table before. `How` has
    ///
    ///   key(row)              the row's key
    ///   create(row)           the entry of a row
    ///   add(value, row)       one more
    ///   merge(value, other)   the values of two tables, in their order
    template <class Row, class How>
    [[gnu::noinline]] void meet(std::size_t tables, std::size_t stride, How const& how)
    {
        Meeting meeting(beginMeeting(tables, stride), tables > 1 && !std::is_empty_v<V>);
        for (std::size_t p = 0; p < radixParts; ++p) {
            meeting.beginPart(p);
            for (std::size_t t = 0; t < tables; ++t) {
                auto& table = this[t * stride];
                if (!table.isDivided()) continue;  // nothing is in it
                meeting.beginTable(static_cast<std::uint32_t>(t));
                auto const& store = table.store_;
                auto const end = store.begins[p + 1];
                for (std::uint32_t i = store.begins[p]; i < end; i += block) {
                    auto const* const entries = store.entries + i;
                    std::size_t const size = end - i < block ? end - i : block;
                    for (std::size_t k = 0; k < size; ++k) meeting.see(k, store.in(i + k), entries[k].first);
                    meeting.find(size, table.order_.nextIsNew[0]);
                    meeting.enter(
                        how, [&](std::size_t k) -> Entry const& { return entries[k]; },
                        [&]([[maybe_unused]] V& value, [[maybe_unused]] std::size_t k) {  // a table has each of its keys once
                            if constexpr (std::is_empty_v<V>) how.merge(value, V(entries[k].second));
                        });
                }
                if (!table.rows_.has()) continue;
                table.rows_.template each<Waiting<Row>>(p, [&](Waiting<Row>* rows, std::size_t size) {
                    for (std::size_t k = 0; k < size; ++k) {
                        auto const& key = how.key(std::as_const(rows[k].row));
                        meeting.see(k, rows[k].in(key), key);
                    }
                    meeting.find(size, table.order_.nextIsNew[1]);
                    meeting.enter(
                        how, [&](std::size_t k) -> Entry { return how.create(rows[k].row); },
                        [&](V& value, std::size_t k) { how.add(value, rows[k].row); });
                });
            }
            meeting.endPart(how);
        }
        end(meeting, tables, stride);
    }
    [[nodiscard]] bool hasRows() const { return rows_.has(); }

    /// Its entries stand side by side, as those of any table: nothing is looked up in it any more where it was divided.
    void finish()
    {
        if (isDivided()) join();
        else Base::finish();
    }
    void clear() noexcept
    {
        Base::clear();
        free();
        waited_ = 0;
    }

private:
    static constexpr bool isText = !isNumberKey<K>;
    static constexpr std::size_t block = RadixRows::inSegment;

    [[nodiscard]] static std::size_t partOf(std::uint32_t tag) { return tag >> (32 - radixBits); }
    /// What stands for it within its part, where the first bits are the same in all tags.
    [[nodiscard]] static std::uint32_t tagWithin(In const& in) { return in.tag() << radixBits; }
    [[nodiscard]] SLUICE_COLD static In inOf(K const& key) { return In::of(key, sought<K>(key).hashOrTag); }

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

    /// What a key has of the table that it was seen in last, where several meet.
    struct Apart {
        std::uint32_t table;
        bool isApart;  // `value` is what that table has of it, and has not met the others; else that is in the entry
        V value;
    };

    /// The keys of a block.
    struct Seen {
        alignas(K) unsigned char keys[block * sizeof(K)];
        alignas(In) unsigned char ins[isText ? block * sizeof(In) : 1];
    };
    /// Keys of several tables on their way into one Store, part by part, and of each part in blocks.
    struct Meeting {
        Store next;
        KeyIndex index;          // of the keys of one part, …
        std::size_t begin = 0;   // … which stand from there on, …
        std::uint32_t n = 0;     // … and are so many
        std::uint32_t from = 0;  // the table that comes now
        bool several;
        std::size_t aparted = 0;       // keys that have an Apart
        PageBlock aparts;              // Apart of each key, where there are several tables
        std::uint32_t tags[block];     // of the rows of one block, …
        std::uint32_t numbers[block];  // … and those of their keys
        std::uint32_t freshes[block];  // which of the rows have a key that is new, …
        std::uint32_t knowns[block];   // … and which do not
        std::size_t allFresh, allKnown;
        Seen seen;

        Meeting(std::size_t most, bool meetsSeveral) : next(most), several(meetsSeveral) {}
        SLUICE_COLD ~Meeting() = default;
        Meeting(Meeting const&) = delete;

        [[nodiscard]] std::uint32_t operator()(std::uint32_t number, std::uint64_t seed) const
        {
            return seed == 0 ? tagWithin(next.in(begin + number)) : seededTag(next.entries[begin + number].first, seed);
        }
        [[nodiscard]] Apart& apart(std::size_t number) const { return reinterpret_cast<Apart*>(aparts.data())[number]; }

        void beginPart(std::size_t p)
        {
            begin += n;
            n = 0;
            aparted = 0;
            next.begins[p] = static_cast<std::uint32_t>(begin);
            index.restart();
        }
        [[gnu::always_inline]] void beginTable(std::uint32_t table)
        {
            from = table;
            if (!several || table == 0) return;
            makeRoom(0);
            for (; aparted < n; ++aparted) apart(aparted).table = 0, apart(aparted).isApart = false;
        }
        void makeRoom(std::size_t size)
        {
            auto const wanted = (n + size) * sizeof(Apart);
            if (wanted <= aparts.bytes()) [[likely]]
                return;
            PageBlock larger(2 * wanted);
            if (aparted > 0) std::memcpy(larger.data(), aparts.data(), aparted * sizeof(Apart));
            aparts = std::move(larger);
        }

        /// Row k of a block has this key.
        template <class Q>
        [[gnu::always_inline]] void see(std::size_t k, In const& in, Q const& key)
        {
            ::new (static_cast<void*>(seen.keys + k * sizeof(K))) K(key);
            if constexpr (isText) ::new (static_cast<void*>(seen.ins + k * sizeof(In))) In(in);
        }
        [[nodiscard]] K const& key(std::size_t k) const { return reinterpret_cast<K const*>(seen.keys)[k]; }
        [[nodiscard]] In in(std::size_t k) const
        {
            if constexpr (isText) return reinterpret_cast<In const*>(seen.ins)[k];
            else return In::of(key(k));
        }
        /// The numbers of the keys of a block. Those that are new stand there then.
        [[gnu::noinline]] void find(std::size_t size, std::uint8_t*& isNew)
        {
            index.reserveBy(2 * (n + size), *this);
            if (several) makeRoom(size);
            for (std::size_t k = 0; k < size; ++k) {
                tags[k] = index.tagFor(tagWithin(in(k)), key(k));
                index.prefetch(tags[k]);
            }
            auto* const entries = next.entries + begin;
            [[maybe_unused]] auto* const ins = next.ins + (isText ? begin : 0);
            auto* flag = isNew;
            std::size_t fresh = 0;
            std::size_t known = 0;
            n += index.findOrInsertAll(
                size, tags, n,
                [&](std::size_t k, std::uint32_t at) {
                    ::new (static_cast<void*>(&entries[at].first)) K(key(k));
                    if constexpr (isText) ::new (static_cast<void*>(ins + at)) In(in(k));
                },
                [&](std::size_t k, std::uint32_t at) {
                    if constexpr (isText) return ins[at].same(in(k)) && (ins[at].isWhole() || sameKey(entries[at].first, key(k)));
                    else return In::of(entries[at].first).same(in(k));
                },
                [&](std::size_t k, std::uint32_t at, std::uint32_t isFresh) {
                    numbers[k] = at;
                    *flag++ = static_cast<std::uint8_t>(isFresh);
                    freshes[fresh] = knowns[known] = static_cast<std::uint32_t>(k);
                    fresh += isFresh;
                    known += isFresh ^ 1;
                });
            isNew = flag;
            allFresh = fresh;
            allKnown = known;
        }
        /// Their values: make(k) is the entry of a row, add(value, k) takes it to those before it.
        template <class How, class Make, class Add>
        [[gnu::always_inline]] void enter(How const& how, Make const& make, Add const& add)
        {
            auto* const entries = next.entries + begin;
            for (std::size_t i = 0, all = allFresh; i < all; ++i) {
                auto const k = freshes[i];
                ::new (static_cast<void*>(entries + numbers[k])) Entry(make(k));
            }
            if (!several || from == 0) {
                for (std::size_t i = 0, all = allKnown; i < all; ++i) add(entries[numbers[knowns[i]]].second, knowns[i]);
                return;
            }
            for (; aparted < n; ++aparted) apart(aparted).table = from, apart(aparted).isApart = false;
            for (std::size_t i = 0, all = allKnown; i < all; ++i) {
                auto const k = knowns[i];
                auto& value = entries[numbers[k]].second;
                auto& other = apart(numbers[k]);
                if (other.table == from) {
                    add(other.isApart ? other.value : value, k);
                } else {
                    if (other.isApart) how.merge(value, std::move(other.value));
                    other.table = from;
                    other.isApart = true;
                    ::new (static_cast<void*>(&other.value)) V(Entry(make(k)).second);
                }
            }
        }
        template <class How>
        [[gnu::always_inline]] void endPart(How const& how)
        {
            for (std::size_t i = 0; i < aparted; ++i) {
                if (apart(i).isApart) how.merge(next.entries[begin + i].second, std::move(apart(i).value));
            }
        }
    };

    /// All that have keys are divided. For how many keys there is to be room: of all that meet, and of one more.
    SLUICE_COLD std::size_t beginMeeting(std::size_t tables, std::size_t stride)
    {
        std::size_t all = 1;
        for (std::size_t t = 0; t < tables; ++t) {
            auto& table = this[t * stride];
            if (!table.isDivided() && !table.empty()) table.divide();
            all += table.order_.beginMeeting(table.store_.begins, table.rows_);
        }
        if (all > 0x7fffffffU) throw StreamError{"sluice: more than 2^31 keys in one partition"};
        return all;
    }
    SLUICE_COLD void end(Meeting& meeting, std::size_t tables, std::size_t stride)
    {
        auto const keys = meeting.begin + meeting.n;
        meeting.next.begins[radixParts] = static_cast<std::uint32_t>(keys);
        PageBlock ids(keys + 1);
        auto* to = ids.data();
        std::size_t rows = 0;
        for (std::size_t t = 0; t < tables; ++t) {
            auto& table = this[t * stride];
            to = table.order_.endMeeting(table.store_.begins, table.rows_, to);
            if (table.rows_.has()) table.waited_ += table.rows_.size();
            rows += table.waited_;
        }
        for (std::size_t t = 0; t < tables; ++t) {
            auto& table = this[t * stride];
            table.expected_ = keys >= this->manyKeys() && keys >= rows / 16 ? table.waited_ : 0;
            table.free();
        }
        store_ = std::move(meeting.next);
        order_.ids = std::move(ids);
    }

    /// So many rows: as many as there will be, or what is worth to go through all keys again.
    [[nodiscard]] std::size_t roomFor() const
    {
        auto const most = this->shareOf(RadixRows::most);
        if (store_.size() != 0 || expected_ == 0 || expected_ > most) return store_.size() < most / 2 ? most : 2 * store_.size();
        return expected_ + expected_ / 8;
    }
    SLUICE_COLD void free() noexcept
    {
        rows_.clear();
        store_ = {};
        order_ = {};
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
            Entry const* const entry = store_.entries + next[order_.ids.data()[i]]++;
            __builtin_prefetch(entry + ahead);
            entries.push_back(*entry);
        }
        if (size == 0) expected_ = 0;
        free();
    }

    RadixRows rows_;
    Store store_;
    RadixOrder order_;
    std::size_t waited_ = 0;    // so many rows have in this batch, …
    std::size_t expected_ = 0;  // … and, if it was better divided, in the last one
};

}  // namespace sluice::inline SLUICE_ABI::detail
