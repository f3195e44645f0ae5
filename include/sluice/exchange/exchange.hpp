#pragma once

#include <sluice/batch/any_rdd.hpp>
#include <sluice/batch/list.hpp>
#include <sluice/batch/partitioner.hpp>
#include <sluice/batch/slack.hpp>
#include <sluice/batch/stored_batch.hpp>
#include <sluice/exchange/radix_table.hpp>
#include <sluice/stream/once.hpp>

#include <tuple>

// One file although it is long: how records wait, are entered, cut and merged is one order, on which the order of results stands.

// Where records of one key must meet: each partition of an upstream is combined into one local table per target
// partition, then the tables of a target meet, target by target in parallel. Keys stand in the order of their first
// occurrence, (upstream, partition, position), and results combine in that order, whoever runs what. An upstream that
// is partitioned as the result will be is not cut: its partition p goes into table p.

namespace sluice::inline SLUICE_ABI::detail {

/// Which of the upstreams that meet a record comes from.
template <std::size_t I>
using Side = std::integral_constant<std::size_t, I>;

/// What lies in several lists, one behind another, from a record on: f(records, n) for what each has of it, as long as more is wanted. Which is
/// the first that was not taken.
template <class ListAt, class F>
std::size_t eachSpanOf(std::size_t lists, std::size_t from, ListAt const& at, F&& f)
{
    std::size_t behind = 0;
    for (std::size_t i = 0; i < lists; ++i) {
        auto const& records = at(i);
        behind += records.size();
        if (from >= behind) continue;
        auto const left = behind - from;
        Taken const taken = f(records.data() + (records.size() - left), left);
        from += taken.count;
        if (!taken.more) break;
    }
    return from;
}

/// Numbers that are hashed as they are extended: characters are not (`wordOf`).
template <class T>
inline constexpr bool isPlainInteger = std::is_integral_v<T> && !std::is_same_v<T, char> && !std::is_same_v<T, wchar_t>;

/// Whether keys of both types that are equal have one hash.
template <class A, class B>
inline constexpr bool hashAlike =
    std::is_same_v<A, B> || (std::is_convertible_v<A const&, std::string_view> && std::is_convertible_v<B const&, std::string_view>) ||
    (isPlainInteger<A> && isPlainInteger<B> && std::is_signed_v<A> == std::is_signed_v<B>);

/// How a batch of pairs is partitioned, if its keys have the hash of keys K.
template <class K, class Up>
Partitioning partitioningByKey(Up const& up)
{
    if constexpr (hashAlike<std::remove_cv_t<typename ValueOf<Up>::first_type>, K>) return partitioningOf(up);
    else return {};
}

/// How batches that meet are to be partitioned: as the operator was told; else as they are already, where they are alike; else as the one that
/// is cut by hash into the most partitions; else by hash into the default number.
inline Partitioning partitioningOfAll(Partitioning told, Partitioning const* given, std::size_t size, EnginePlace const& place)
{
    if (told) return told;
    bool alike = true;
    Partitioning most;
    for (std::size_t i = 0; i < size; ++i) {
        alike = alike && given[i] == given[0];
        if (!given[i].own && given[i].partitions > most.partitions) most = given[i];
    }
    if (alike && given[0]) return given[0];
    return most ? most : Partitioning{std::size_t{place.defaultPartitions()}};
}

/// How many tables, or lists, one exchange makes at most to tell apart where records go before they meet. Where there would be more,
/// with 10,000 partitions on both sides 10⁸, the records of one upstream partition stay together until they meet the others.
inline constexpr std::size_t mostApart = std::size_t{1} << 16;

/// The operator whose exchange it is: shared with the stream's node, and kept for as long as the batch is.
template <class Op>
struct OfOperator {
    Counted<Box<Op>> op;

    [[nodiscard]] auto const& by() const { return op->value.by; }
    [[nodiscard]] Label const& label() const { return op->value.label; }
};

/// The result of one exchange of one batch, made once, when it is first prepared. `Agg`, an OfOperator, says how values meet:
///
///   Key, Value                          what the tables hold
///   by(), label()                       what the operator was given, and what errors call it
///   key(side, record)                   the record's key
///   create(side, arena, key, record)    the first entry of a key
///   add(side, arena, value, record)     one more
///   merge(arena, value, other)          the results of two partitions, in their order
template <class Agg, class... Ups>
class KeyedExchange : public RefCounted {
public:
    using Key = typename Agg::Key;
    using Value = typename Agg::Value;
    using Entry = std::pair<Key, Value>;

    /// What is to be exchanged: no user data is touched before prepare().
    template <class Op>
    void plan(Counted<Box<Op>> op, Ups... ups)
    {
        ups_.emplace(std::tuple<Ups...>{std::move(ups)...});
        agg_ = Agg{{std::move(op)}};
        clearTables();
        partitioning_ = wanted();
        once_.reset();
    }

    /// Lets go of the batch, and keeps the memory for the next one.
    void clear()
    {
        std::size_t entries = 0;
        for (auto& table : tables_) {
            entries += table.entries().size();
            table.clear();
        }
        if (slack_.isFar(entries * sizeof(Entry))) List<TableOf>{}.swap(tables_);
        ups_.reset();
    }

    [[nodiscard]] std::size_t partitions() const { return partitioning_.partitions; }
    [[nodiscard]] Partitioning const& partitioning() const { return partitioning_; }
    [[nodiscard]] EnginePlace place() const
    {
        return std::apply([](auto const&... up) { return EnginePlace{placeOf(up.place()...)}; }, *ups_);
    }

    [[nodiscard]] auto const& table(std::size_t target) const { return tables_[target]; }
    [[nodiscard]] auto const& part(std::size_t target) const { return tables_[target].entries(); }
    [[nodiscard]] bool isEmpty(std::size_t target) const { return part(target).empty(); }

    void prepare()
    {
        once_.run([this] {
            try {
                run(std::index_sequence_for<Ups...>{});
            } catch (...) {
                clearTables();
                throw;
            }
        });
    }

private:
    template <class R>
    static consteval bool hasReferences()
    {
        if constexpr (isTuple<R>)
            return []<class... Ts>(TypeList<Ts...>) { return (std::is_reference_v<Ts> || ...); }(typename ElementsOf<R>::type{});
        else return false;
    }
    /// Whether records may wait before they are entered: to copy one costs nothing, it lasts, and so does its key.
    template <std::size_t I, class Up = std::tuple_element_t<I, std::tuple<Ups...>>, class R = ValueOf<Up>>
    static constexpr bool mayWait =
        std::is_trivially_copy_constructible_v<R> && std::is_trivially_destructible_v<R> && sizeof(R) <= 64 && !hasReferences<R>() &&
        (Up::stable || holdOf<R>() == Hold::owns) &&
        std::is_lvalue_reference_v<decltype(std::declval<Agg const&>().key(Side<I>{}, std::declval<R const&>()))>;

    template <std::size_t... I>
    static consteval bool allMayWait(std::index_sequence<I...>)
    {
        return (mayWait<I> && ...);
    }
    static constexpr bool divides = dividesTable<Key, Value> && allMayWait(std::index_sequence_for<Ups...>{});
    using TableOf = std::conditional_t<divides, RadixTable<Key, Value>, Table<Key, Value>>;

    /// Records on their way into tables that are larger than the cache: while one waits, what it needs is fetched (group prefetching, S. Chen,
    /// A. Ailamaki et al., "Improving hash join performance through prefetching", ICDE 2004).
    template <class R>
    struct Waiting {
        struct One {
            TableOf* table;
            Sought<Key> at;
            R record;
        };
        static constexpr std::size_t most = 64;

        One* end = at(0);
        alignas(One) unsigned char places[most * sizeof(One)];

        Waiting() = default;
        Waiting(Waiting const&) = delete;
        [[nodiscard]] One* at(std::size_t i) { return reinterpret_cast<One*>(places) + i; }
    };
    struct NoneWait {};

    /// Member by member: a copy in one piece of what has just been written in several has to wait for these.
    template <class T>
    static constexpr T copied(T const& t)
    {
        if constexpr (std::is_same_v<T, std::string_view>) return {t.data(), t.size()};
        else if constexpr (isTuple<T> && !hasReferences<T>())
            return [&]<std::size_t... J>(std::index_sequence<J...>) {
                return T{copied(std::get<J>(t))...};
            }(std::make_index_sequence<std::tuple_size_v<T>>{});
        else return t;
    }

    /// How rows of a side meet that have waited.
    template <std::size_t I>
    struct Rows {
        Agg const& agg;
        Arena& arena;

        template <class R>
        decltype(auto) key(R const& row) const
        {
            return agg.key(Side<I>{}, row);
        }
        template <class R>
        Entry create(R& row) const
        {
            auto const& known = agg.key(Side<I>{}, std::as_const(row));
            return agg.create(Side<I>{}, arena, known, static_cast<R&&>(row));
        }
        template <class R>
        void add(Value& value, R& row) const
        {
            agg.add(Side<I>{}, arena, value, static_cast<R&&>(row));
        }
        void merge(Value& value, Value&& other) const { agg.merge(arena, value, static_cast<Value&&>(other)); }
    };

    template <std::size_t I>
    struct Sink {
        using Record = ValueOf<std::tuple_element_t<I, std::tuple<Ups...>>>;
        using Waits = std::conditional_t<mayWait<I>, Waiting<Record>, NoneWait>;

        TableOf* tables;    // of this partition, one per target
        TableOf* only;      // where all records go now: if there is but one target, or while they are gathered
        TableOf* gathered;  // null: each goes to its target
        std::size_t targets;
        Agg const* agg;
        Waits* waiting;
        std::size_t lookAt = 1024;   // keys
        std::size_t keysBefore = 0;  // it was looked at so many records, and had so many keys before
        unsigned looked = 0;

        template <class R>
        bool operator()(R&& record)
        {
            auto&& key = agg->key(Side<I>{}, std::as_const(record));
            auto const at = sought<Key>(key);
            auto& table = only != nullptr ? *only : tableOf(at, key);
            if constexpr (mayWait<I>) {
                if (table.isLarge()) {
                    if constexpr (divides) {
                        if (table.isHuge()) {
                            if (!table.isDivided()) divide(table);
                            if (!table.wait(at, copied<Record>(record))) absorb(table);
                            return true;
                        }
                    }
                    table.prefetch(at.hashOrTag);
                    ::new (static_cast<void*>(waiting->end)) typename Waits::One{&table, at, copied<Record>(record)};
                    if (++waiting->end == waiting->at(Waits::most)) flush();
                    return true;
                }
            }
            enter(table, at, key, static_cast<R&&>(record));
            return true;
        }

        /// When all have come. `leave`: rows that wait do so until they meet those of other partitions.
        void finish(bool leave)
        {
            flush();
            if (gathered != nullptr) deal();
            if constexpr (divides) {
                for (std::size_t t = 0; t < targets && !leave; ++t) {
                    if (tables[t].hasRows()) absorb(tables[t]);
                }
            }
        }

    private:
        template <class K>
        TableOf& tableOf(Sought<Key> const& at, K const& key)
        {
            if (gathered != nullptr && isGathered()) return *gathered;
            return tables[agg->by().target(agg->label(), at.hash(), key, targets)];
        }
        /// Whether the next record still is, when it is time to look whether keys come back: if most of them do not, to gather them is the
        /// same work twice. Nor does a table gather that leaves the cache.
        SLUICE_COLD bool isGathered()
        {
            if (looked == 0) keysBefore = gathered->entries().size();
            if (gathered->isLarge() || (++looked == 256 && gathered->entries().size() - keysBefore > looked / 2)) {
                flush();
                deal();
                return false;
            }
            if (looked == 256) {
                looked = 0;
                lookAt = 2 * gathered->entries().size();
                only = gathered;
            }
            return true;
        }

        /// What was gathered goes to its targets, where it is what came first; what comes from here on goes there by itself.
        SLUICE_COLD void deal()
        {
            gathered->finish();
            scatter(*agg, *gathered, tables, targets);
            only = gathered = nullptr;
        }

        [[gnu::noinline]] void flush()
        {
            if constexpr (mayWait<I>) {
                auto* const end = std::exchange(waiting->end, waiting->at(0));
                if constexpr (!TableOf::holdsValues) {
                    for (auto* one = waiting->at(0); one != end; ++one) one->table->prefetchEntry(one->at.hashOrTag);
                }
                for (auto* one = waiting->at(0); one != end; ++one) {
                    auto const& key = agg->key(Side<I>{}, std::as_const(one->record));
                    enter(*one->table, one->at, key, static_cast<Record&&>(one->record));
                    if constexpr (divides) one->table->sawRow();
                }
            }
        }

        SLUICE_COLD void divide(TableOf& table)
        {
            flush();
            table.divide();
        }
        void absorb(TableOf& table) { table.template meet<Record>(1, 0, Rows<I>{*agg, table.arena()}); }
        template <class K, class R>
        void enter(TableOf& table, Sought<Key> const& at, K&& key, R&& record)
        {
            table.upsert(
                at, key,
                [&] {
                    if (gathered != nullptr && (table.entries().size() >= lookAt || table.isLarge())) only = nullptr;
                    return agg->create(Side<I>{}, table.arena(), key, static_cast<R&&>(record));
                },
                [&](Value& value) { agg->add(Side<I>{}, table.arena(), value, static_cast<R&&>(record)); });
        }
    };

    /// The records of partition p into these tables, one for each target, by way of `gathered`. `more` are to meet them: then those that
    /// are divided stay so.
    template <std::size_t I>
    void fill(std::size_t p, TableOf* tables, std::size_t targets, TableOf* gathered, bool more)
    {
        bool divided = false;
        for (std::size_t t = 0; t < targets; ++t) {
            tables[t].share(targets);
            if constexpr (divides) divided = tables[t].begin() || divided;
        }
        typename Sink<I>::Waits waiting;
        if (targets == 1 || divided) gathered = nullptr;
        Sink<I> sink{tables, targets == 1 ? tables : gathered, gathered, targets, &agg_, &waiting};
        std::get<I>(*ups_).each(p, 0, sink);
        sink.finish(more && sizeof...(Ups) == 1);
        for (std::size_t t = 0; t < targets; ++t) {
            if (!more || !isDivided(tables[t])) tables[t].finish();
        }
    }

    template <std::size_t I>
    [[nodiscard]] Partitioning given() const
    {
        if constexpr (requires { requires Agg::template keyed<I>; }) return partitioningByKey<Key>(std::get<I>(*ups_));
        else return {};
    }

    [[nodiscard]] Partitioning wanted() const
    {
        return [this]<std::size_t... I>(std::index_sequence<I...>) {
            Partitioning const all[] = {given<I>()...};
            return partitioningOfAll(agg_.by().partitioning(), all, sizeof...(I), place());
        }(std::index_sequence_for<Ups...>{});
    }

    // Out of line: it runs once a batch, and whoever prepares it may be where code is made for size.
    template <std::size_t... I>
    [[gnu::noinline]] void run(std::index_sequence<I...>)
    {
        // One row of tables, one for each target, per partition of an upstream; one alone where it stays as it is.
        bool const stays[] = {given<I>() == partitioning_...};
        (std::get<I>(*ups_).prepare(), ...);
        std::size_t rows = 0;
        ((rows += stays[I] ? 1 : std::get<I>(*ups_).partitions()), ...);
        auto const targets = partitions();
        if (targets > 1 && rows > 1 && rows > mostApart / targets) {
            std::size_t behind = targets;
            ((behind = meetFromTogether<I>(behind, stays[I])), ...);
            for (std::size_t t = 0; t < targets; ++t) tables_[t].finish();
            return;
        }
        auto const needed = std::max<std::size_t>(rows, 1) * (targets + 1);
        if (tables_.size() < needed) tables_.resize(needed);

        std::size_t row = 0;
        ((fillAll<I>(row, stays[I], rows), row += stays[I] ? 1 : std::get<I>(*ups_).partitions()), ...);

        if (rows <= 1) return;
        place().run(
            targets, [=, this](std::size_t target) { return nothingToMerge(rows, target); },
            [=, this](std::size_t target) {
                meet(tables_[target], rows);
                tables_[target].finish();
            });
    }

    template <std::size_t I>
    void fillAll(std::size_t row, bool stays, std::size_t rows)
    {
        auto const targets = partitions();
        forPartitions(std::get<I>(*ups_), [=, this](std::size_t p) {
            if (stays) fill<I>(p, &tables_[row * targets + p], 1, nullptr, rows > 1);
            else fill<I>(p, &tables_[(row + p) * targets], targets, &tables_[rows * targets + row + p], rows > 1);
        });
    }

    /// As fillAll() and merge(), with one table alone for each partition of an upstream, from the table `first` on; answers which one is
    /// behind them. In it the keys of a target stand in the order in which fillAll() would put them into a table of their own: the
    /// result is the same as by these two.
    template <std::size_t I>
    SLUICE_COLD std::size_t meetFromTogether(std::size_t first, bool stays)
    {
        auto const& up = std::get<I>(*ups_);
        auto const end = first + up.partitions();
        if (tables_.size() < end) tables_.resize(end);
        forPartitions(up, [=, this](std::size_t p) { fill<I>(p, &tables_[first + p], 1, nullptr, false); });
        for (std::size_t p = first; p < end; ++p) {
            if (stays) scatter(agg_, tables_[p], &tables_[p - first], 1);
            else scatter(agg_, tables_[p], &tables_[0], partitions());
        }
        return end;
    }

    /// The entries of a table to their targets. Bytes of text stay in its arena, which lives as long as those of the others.
    [[gnu::noinline]] static void scatter(Agg const& agg, TableOf& from, TableOf* tables, std::size_t targets)
    {
        struct Soon {
            TableOf* into;
            Sought<Key> at;
        };
        constexpr std::size_t most = 32;
        alignas(Soon) unsigned char places[most * sizeof(Soon)];
        auto* const soon = reinterpret_cast<Soon*>(places);
        auto& entries = from.entries();
        for (std::size_t begin = 0; begin < entries.size(); begin += most) {
            auto const n = entries.size() - begin < most ? entries.size() - begin : most;
            for (std::size_t i = 0; i < n; ++i) {
                auto const& key = std::as_const(entries[begin + i].first);
                auto const at = sought<Key>(key);
                auto* const into = targets == 1 ? tables : tables + agg.by().target(agg.label(), at.hash(), key, targets);
                into->prefetch(at.hashOrTag);
                ::new (static_cast<void*>(soon + i)) Soon{into, at};
            }
            for (std::size_t i = 0; i < n; ++i) {
                Entry& entry = entries[begin + i];
                soon[i].into->upsert(
                    soon[i].at, entry.first, [&] { return std::move(entry); },
                    [&](Value& value) { agg.merge(soon[i].into->arena(), value, std::move(entry.second)); });
            }
        }
    }

    SLUICE_COLD void clearTables()
    {
        for (auto& table : tables_) table.clear();
    }

    [[nodiscard]] static bool isDivided(TableOf const& table)
    {
        if constexpr (divides) return table.isDivided();
        else return false;
    }

    [[nodiscard]] bool nothingToMerge(std::size_t rows, std::size_t target) const
    {
        for (std::size_t r = 1; r < rows; ++r) {
            if (!tables_[r * partitions() + target].empty()) return false;
        }
        return !isDivided(tables_[target]);
    }

    /// The tables of a target, one for each row of tables, of which this is the first.
    void meet(TableOf& first, std::size_t rows)
    {
        auto const targets = partitions();
        if constexpr (divides) {
            bool divided = false;
            for (std::size_t r = 0; r < rows; ++r) divided = divided || (&first)[r * targets].isDivided();
            if (divided) {
                using Record = typename Sink<0>::Record;
                return first.template meet<Record>(rows, targets, Rows<0>{agg_, first.arena()});
            }
        }
        for (std::size_t r = 1; r < rows; ++r) scatter(agg_, (&first)[r * targets], &first, 1);
    }

    Maybe<std::tuple<Ups...>> ups_;
    Agg agg_;
    Partitioning partitioning_;
    List<TableOf> tables_;
    Slack slack_;
    Once once_;
};

/// A wide operator over one upstream, whose records meet in an ExchangeFor<Up, Op>.
template <class Op, template <class, class> class ExchangeFor>
struct OverOne : WideBase {
    template <class Up>
    using Exchange = ExchangeFor<Up, Op>;
    template <class Up>
    using Batch = StoredBatch<Exchange<Up>>;
};

}  // namespace sluice::inline SLUICE_ABI::detail
