#pragma once

#include <sluice/batch/any_rdd.hpp>
#include <sluice/batch/table.hpp>
#include <sluice/stream/once.hpp>

#include <vector>

// Where records of one key must meet: each partition of the upstream is combined into one local table per target
// partition, then the tables of a target meet, target by target in parallel. Keys stand in the order of their first
// occurrence, (partition, position), and results combine in partition order, whoever runs what.

namespace sluice::inline SLUICE_ABI::detail {

/// The partition of a key: the hash's upper half, spread over n; its lower half finds the key's slot in the table.
inline std::size_t partitionOf(std::uint64_t hash, std::size_t n)
{
    return static_cast<std::size_t>((hash >> 32) * n >> 32);
}

/// The result of one exchange of one batch, made once, when it is first prepared. `Agg` says how values meet:
///
///   Key, Value                   what the tables hold
///   create(arena, pair)          the first value of a key
///   add(arena, value, pair)      one more
///   merge(arena, value, other)   the results of two partitions, in their order
template <class Up, class Agg>
class KeyedExchange : public RefCounted {
public:
    using Key = typename Agg::Key;
    using Value = typename Agg::Value;
    using Entry = std::pair<Key, Value>;

    /// What is to be exchanged: no user data is touched before prepare().
    void describe(Up up, Agg agg, std::size_t targets)
    {
        up_.emplace(static_cast<Up&&>(up));
        agg_.emplace(static_cast<Agg&&>(agg));
        for (auto& table : tables_) table.clear();
        targets_ = targets != 0 ? targets : std::size_t{up_->place().defaultPartitions()};
        once_.reset();
    }

    /// Lets go of the batch, and keeps the memory for the next one.
    void clear()
    {
        for (auto& table : tables_) table.clear();
        up_.reset();
    }

    [[nodiscard]] std::size_t partitions() const { return targets_; }
    [[nodiscard]] EnginePlace place() const { return up_->place(); }

    [[nodiscard]] std::vector<Entry> const& result(std::size_t target) const { return tables_[target].entries(); }

    void prepare()
    {
        once_.run([this] {
            try {
                run();
            } catch (...) {
                for (auto& table : tables_) table.clear();
                throw;
            }
        });
    }

private:
    struct Sink {
        Table<Key, Value>* tables;  // of this partition, one per target
        std::size_t targets;
        Agg const* agg;

        template <class R>
        bool operator()(R&& record)
        {
            auto const& key = std::get<0>(record);
            auto const hash = hashOfKey(key);
            auto& table = tables[targets == 1 ? 0 : partitionOf(hash, targets)];
            table.upsert(
                static_cast<std::uint32_t>(hash), key,
                [&] { return agg->create(table.arena(), static_cast<R&&>(record)); },
                [&](Value& value) { agg->add(table.arena(), value, static_cast<R&&>(record)); });
            return true;
        }
    };

    void run()
    {
        up_->prepare();
        auto const sources = up_->partitions();
        // One table per target at least, so that there is a result where there is nothing to exchange.
        auto const needed = std::max<std::size_t>(sources, 1) * targets_;
        if (tables_.size() < needed) tables_.resize(needed);

        forPartitions(*up_, [this](std::size_t p) {
            Sink sink{&tables_[p * targets_], targets_, &*agg_};
            up_->each(p, 0, sink);
        });

        if (sources <= 1) return;
        place().run(
            targets_, [this, sources](std::size_t target) { return nothingToMerge(sources, target); },
            [this, sources](std::size_t target) {
                for (std::size_t p = 1; p < sources; ++p) merge(tables_[target], tables_[p * targets_ + target]);
            });
    }

    [[nodiscard]] bool nothingToMerge(std::size_t sources, std::size_t target) const
    {
        for (std::size_t p = 1; p < sources; ++p) {
            if (!tables_[p * targets_ + target].entries().empty()) return false;
        }
        return true;
    }

    void merge(Table<Key, Value>& into, Table<Key, Value>& from)
    {
        // Bytes of text stay in the arena of `from`, which lives as long as that of `into`.
        for (std::size_t i = 0; i < from.entries().size(); ++i) {
            Entry& entry = from.entries()[i];
            into.upsert(
                from.tagOf(i), entry.first, [&] { return std::move(entry); },
                [&](Value& value) { agg_->merge(into.arena(), value, std::move(entry.second)); });
        }
    }

    std::optional<Up> up_;
    std::optional<Agg> agg_;
    std::size_t targets_ = 1;
    std::vector<Table<Key, Value>> tables_;
    Once once_;
};

/// The expression of an exchange: its result, as records stored side by side.
template <class Exchange>
class Exchanged {
public:
    using Record = typename Exchange::Entry const&;
    static constexpr bool stored = true;
    static constexpr bool stable = true;
    static constexpr bool bySpans = true;

    explicit Exchanged(Counted<Exchange> exchange) : exchange_(std::move(exchange)) {}

    [[nodiscard]] static constexpr bool resumable() { return true; }
    [[nodiscard]] std::size_t partitions() const { return exchange_->partitions(); }
    [[nodiscard]] bool isEmpty(std::size_t p) const { return exchange_->result(p).empty(); }
    [[nodiscard]] EnginePlace place() const { return exchange_->place(); }
    void prepare() const { exchange_->prepare(); }

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        return eachSpan(p, from, [&sink](auto const* entries, std::size_t size) { return pushSpan(entries, size, sink); });
    }

    template <class F>
    std::size_t eachSpan(std::size_t p, std::size_t from, F&& f) const
    {
        auto const& entries = exchange_->result(p);
        return from < entries.size() ? from + f(entries.data() + from, entries.size() - from).count : from;
    }

private:
    Counted<Exchange> exchange_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
