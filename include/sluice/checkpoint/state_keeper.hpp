#pragma once

#include <sluice/batch/sink.hpp>
#include <sluice/checkpoint/checkpoint_entries.hpp>
#include <sluice/codec/binary.hpp>
#include <sluice/stream/graph.hpp>

#include <optional>
#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// What keeps the states of a node: of each key its state and, of mapWithState, when it was touched last.
template <class Node>
struct StateKeeper final : CheckpointedPart {
    using Entry = typename Node::Table::Entry;
    using Key = std::remove_cvref_t<decltype(std::declval<Entry const&>().first)>;
    using State = std::remove_cvref_t<decltype(std::declval<Entry const&>().second)>;
    static constexpr bool isTimed = requires(Entry const& entry) { entry.touched; };
    using Value = std::conditional_t<isTimed, std::pair<State, Time>, State>;

    explicit StateKeeper(Node& node) : node_(node) {}

    [[nodiscard]] Label const& label() const override { return node_.label; }
    [[nodiscard]] std::string name() const override { return node_.label.name != nullptr ? node_.label.name : ""; }
    [[nodiscard]] std::string keySchema() const override { return schemaOf<Key>().encoded(); }
    [[nodiscard]] std::string valueSchema() const override { return schemaOf<Value>().encoded(); }

    SLUICE_COLD void open(Time last, std::string_view keySchema, std::string_view valueSchema) override
    {
        keys_.emplace(Schema::decode(keySchema));
        values_.emplace(Schema::decode(valueSchema));
        node_.openKept(last);
        isFirst_ = keys_->converts() || values_->converts();  // entries of one schema do not stand beside those of another
        noteChanges();
    }
    SLUICE_COLD void load(std::string_view key, std::string_view value) override
    {
        if constexpr (isTimed) {
            auto [state, touched] = (*values_)(value);
            node_.loadKept((*keys_)(key), std::move(state), touched);
        } else {
            node_.loadKept((*keys_)(key), (*values_)(value), Time{});
        }
    }

    /// What several batches have changed is written once; nothing is encoded before.
    SLUICE_COLD void save(Time, bool whole, CheckpointSink& to) override
    {
        if (!whole || node_.tables.size() == 0) return;
        bool const all = Node::Table::tellsAll || isFirst_;  // also those that it began with
        std::vector<CheckpointEntries> entries(node_.tables.size());
        auto const gather = [&](std::size_t p) { entries[p] = all ? allOf(tableAt(p)) : changesOf(tableAt(p)); };
        try {
            node_.graph->place().run(entries.size(), [](std::size_t) { return false; }, gather);
        } catch (...) {  // perhaps since the context stops, which cancels what runs there
            for (std::size_t p = 0; p < entries.size(); ++p) gather(p);
        }
        if (all) to.reset();
        for (auto& ofPartition : entries) to.take(std::move(ofPartition));
        isFirst_ = false;
        noteChanges();
    }

private:
    using Table = typename Node::Table;

    [[nodiscard]] Table& tableAt(std::size_t p) const { return static_cast<Table&>(node_.tables[p]); }
    void noteChanges()
    {
        if constexpr (!Table::tellsAll) {
            for (std::size_t p = 0; p < node_.tables.size(); ++p) tableAt(p).noteChanges();
        }
    }

    // Hot, although a checkpoint is not: else they are compiled for size, as all is that is called there.
    [[nodiscard, gnu::hot]] static CheckpointEntries allOf(Table const& table)
    {
        CheckpointEntries to{table.size()};
        table.entries().eachSpan(0, [&](Entry const* entries, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) put(entries[i], to);
            return Taken{n, true};
        });
        return to;
    }
    [[nodiscard, gnu::hot]] static CheckpointEntries changesOf(Table const& table)
    {
        if constexpr (Table::tellsAll) {  // it does not know them
            return allOf(table);
        } else {
            CheckpointEntries to{table.countChanges()};
            table.changes([&](Key const& key, Entry const* entry) {
                if (entry != nullptr) put(*entry, to);
                else to.encodeRemoved(key);
            });
            return to;
        }
    }
    static void put(Entry const& entry, CheckpointEntries& to)
    {
        if constexpr (isTimed) to.encodeEntry(entry.first, entry.second, entry.touched);
        else to.encodeEntry(entry.first, entry.second);
    }

    Node& node_;
    bool isFirst_ = true;
    std::optional<Decoder<Key>> keys_;
    std::optional<Decoder<Value>> values_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
