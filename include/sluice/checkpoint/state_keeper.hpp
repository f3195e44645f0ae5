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
        converts_ = keys_->converts() || values_->converts();
        isFirst_ = converts_;  // entries of one schema do not stand beside those of another
        eachTable([](Table& table) {
            if (!table.notesChanges()) table.noteChanges();
        });
    }
    SLUICE_COLD void load(std::string_view key, std::string_view value) override
    {
        if constexpr (isTimed) {
            auto [state, touched] = (*values_)(value);
            node_.loadKept((*keys_)(key), std::move(state), touched, converts_);
        } else {
            node_.loadKept((*keys_)(key), (*values_)(value), Time{}, converts_);
        }
    }

    /// What several batches have changed is written once; nothing is encoded before.
    SLUICE_COLD void save(Time, bool whole, CheckpointSink& to) override
    {
        if (!whole || node_.tables.size() == 0) return;
        bool const all = Table::tellsAll || isFirst_;  // also those that it began with
        if (all) to.reset();
        for (auto& ofPartition : gathered([&](Table const& table) { return all ? allOf(table, to.memory) : changesOf(table, to.memory); }))
            to.take(std::move(ofPartition));
        isFirst_ = false;
    }

    [[nodiscard]] char const* stays() const override
    {
        return Node::initially ? "the states that it begins with would begin in each process" : nullptr;
    }
    SLUICE_COLD void forget(CheckpointedKeys const& keys) override
    {
        node_.leaveLive();
        std::string bytes;
        auto const isMeant = [&](Key const& key) {
            bytes.clear();
            BinaryWriter writer{bytes};
            encode(key, writer);
            writer.finish();
            return keys.include(bytes);
        };
        eachTable([&](Table& table) { table.forget(isMeant); });
    }
    SLUICE_COLD void saveChanges(CheckpointSink& to) override
    {
        for (auto& ofPartition : gathered([](Table const& table) { return changesOf(table, nullptr); })) {
            for (auto const& record : ofPartition.taken()) {
                BinaryReader reader{std::string_view{record}.substr(CheckpointEntries::room)};
                CheckpointEntries::each(reader, [&](std::string_view key, std::optional<std::string_view> value) {
                    if (value) to.put(key, *value);
                    else to.remove(key);
                });
            }
        }
    }

private:
    using Table = typename Node::Table;

    [[nodiscard]] Table& tableAt(std::size_t p) const { return static_cast<Table&>(node_.tables[p]); }
    template <class F>
    void eachTable(F const& f)
    {
        for (std::size_t p = 0; p < node_.tables.size(); ++p) f(tableAt(p));
    }

    /// What of() tells of each table, in their order; from now on changes are new ones.
    template <class Of>
    [[nodiscard]] SLUICE_COLD std::vector<CheckpointEntries> gathered(Of const& of)
    {
        std::vector<CheckpointEntries> entries(node_.tables.size());
        auto const gather = [&](std::size_t p) { entries[p] = of(tableAt(p)); };
        try {
            node_.graph->place().run(entries.size(), [](std::size_t) { return false; }, gather);
        } catch (...) {  // perhaps since the context stops, which cancels what runs there
            for (std::size_t p = 0; p < entries.size(); ++p) gather(p);
        }
        eachTable([](Table& table) { table.noteChanges(); });
        return entries;
    }

    // Hot, although a checkpoint is not: else they are compiled for size, as all is that is called there.
    [[nodiscard, gnu::hot]] static CheckpointEntries allOf(Table const& table, RecordMemory* memory)
    {
        CheckpointEntries to{table.size(), memory};
        table.entries().eachSpan(0, [&](Entry const* entries, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) put(entries[i], to);
            return Taken{n, true};
        });
        return to;
    }
    [[nodiscard, gnu::hot]] static CheckpointEntries changesOf(Table const& table, RecordMemory* memory)
    {
        CheckpointEntries to{table.countChanges(), memory};
        table.changes([&](Key const& key, Entry const* entry) {
            if (entry != nullptr) put(*entry, to);
            else to.encodeRemoved(key);
        });
        return to;
    }
    static void put(Entry const& entry, CheckpointEntries& to)
    {
        if constexpr (isTimed) to.encodeEntry(entry.first, entry.second, entry.touched);
        else to.encodeEntry(entry.first, entry.second);
    }

    Node& node_;
    bool isFirst_ = true;
    bool converts_ = false;  // what is loaded
    std::optional<Decoder<Key>> keys_;
    std::optional<Decoder<Value>> values_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
