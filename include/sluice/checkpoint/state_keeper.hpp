#pragma once

#include <sluice/batch/sink.hpp>
#include <sluice/codec/binary.hpp>
#include <sluice/stream/graph.hpp>

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
        isFirst_ = false;
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

    SLUICE_COLD void save(Time t, bool whole, CheckpointSink& to) override
    {
        bool const all = Node::Table::tellsAll || isFirst_;  // also those that it began with
        if (Node::Table::tellsAll ? !whole : !node_.hasTaken(t)) return;
        if (all) to.reset();
        isFirst_ = false;
        for (auto* any : node_.tables) {
            auto const& table = static_cast<typename Node::Table const&>(*any);
            if (all) {
                table.entries().eachSpan(0, [&](Entry const* entries, std::size_t n) {
                    for (std::size_t i = 0; i < n; ++i) put(entries[i], to);
                    return Taken{n, true};
                });
            } else {
                table.changes([&](Key const& key, Entry const* entry) {
                    if (entry != nullptr) return put(*entry, to);
                    encodeInto(key_, key);
                    to.remove(key_);
                });
            }
        }
    }

private:
    void put(Entry const& entry, CheckpointSink& to)
    {
        encodeInto(key_, entry.first);
        if constexpr (isTimed) {
            BinaryWriter writer{cleared(value_)};
            encode(entry.second, writer);
            encode(entry.touched, writer);
        } else {
            encodeInto(value_, entry.second);
        }
        to.put(key_, value_);
    }

    static std::string& cleared(std::string& text)
    {
        text.clear();
        return text;
    }
    template <class T>
    static void encodeInto(std::string& to, T const& value)
    {
        BinaryWriter writer{cleared(to)};
        encode(value, writer);
    }

    Node& node_;
    bool isFirst_ = true;
    std::optional<Decoder<Key>> keys_;
    std::optional<Decoder<Value>> values_;
    std::string key_;  // of one entry
    std::string value_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
