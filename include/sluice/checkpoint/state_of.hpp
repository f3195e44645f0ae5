#pragma once

#include <sluice/batch/rdd.hpp>
#include <sluice/checkpoint/checkpoint_store.hpp>
#include <sluice/codec/binary.hpp>
#include <sluice/io/local_path.hpp>

#include <algorithm>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// The entries of a state, and before them what it consists of: that again, where the directory was changed meanwhile, and all entries.
struct StateVisitor {
    virtual void begin(CheckpointedState const& state) = 0;
    virtual void take(std::string_view key, std::string_view state) = 0;

protected:
    ~StateVisitor() = default;
};

[[gnu::cold]] inline void visitState(std::string const& directory, std::string_view name, Label const& label, StateVisitor& visitor)
{
    auto const path = io::localPath(label, directory);
    auto const fail = [&](std::initializer_list<std::string_view> parts) { throw StreamError{label, concat(parts)}; };
    if (io::lookAt(path).kind != io::FileKind::directory) fail({"there is no directory ", path});
    readWhileWritten(path, [&] {
        std::string damaged;
        CheckpointReader const reader{path, [&](std::string const& text) { damaged += concat({damaged.empty() ? "" : "; ", text}); }};
        if (reader.passedOver()) fail({damaged});
        if (reader.empty()) fail({"there is no checkpoint in ", path});
        std::string known;
        for (auto const& state : reader.states()) {
            if (state.keySchema.empty()) continue;  // where a source stands
            if (state.name == name) {
                visitor.begin(state);
                reader.each(name, [&](std::string_view key, std::string_view value) { visitor.take(key, value); });
                return;
            }
            known += concat({known.empty() ? "\"" : "\", \"", state.name});
        }
        fail({path, " knows no state \"", name, "\", ", known.empty() ? "and no other" : concat({"but ", known, "\""})});
    });
}

/// Makes rows of the entries of a state.
template <class K, class S>
class StateRows final : public StateVisitor {
public:
    using Row = std::pair<Owned<K>, Owned<S>>;

    StateRows(std::string_view name, std::string const& directory, Label const& label) : name_(name), directory_(directory), label_(label)
    {
    }

    void begin(CheckpointedState const& state) override
    {
        entries_.clear();
        timed_.reset();
        auto const keys = Schema::decode(state.keySchema);
        auto const states = Schema::decode(state.stateSchema);
        try {
            keys_.emplace(keys);
            // That of mapWithState has the time of its last touch behind it.
            bool const mayBeTimed =
                states.kind == SchemaKind::tuple && states.parts.size() == 2 && states.parts[1].kind == SchemaKind::time;
            if (!mayBeTimed || !readTimed(states)) states_.emplace(states);
        } catch (CodecError const& error) {
            std::throw_with_nested(StreamError{
                label_,
                concat({"\"", name_, "\" in ", directory_, " has keys ", keys.toString(), " and states ", states.toString(),
                        ", and not keys ", schemaOf<K>().toString(), " and states ", schemaOf<S>().toString(), ": ", error.what()})});
        }
    }
    void take(std::string_view key, std::string_view state) override
    {
        try {
            entries_.emplace_back(std::string{key}, timed_ ? (*timed_)(state).first : (*states_)(state));
        } catch (CodecError const& error) {
            std::throw_with_nested(StreamError{label_, concat({"a state of \"", name_, "\" in ", directory_, ": ", error.what()})});
        }
    }

    /// In the order of the keys' bytes, which is the same each time.
    [[nodiscard]] std::vector<Row> rows() &&
    {
        std::sort(entries_.begin(), entries_.end(), [](auto const& a, auto const& b) { return a.first < b.first; });
        std::vector<Row> rows;
        rows.reserve(entries_.size());
        for (auto& [key, state] : entries_) rows.emplace_back((*keys_)(key), std::move(state));
        return rows;
    }

private:
    bool readTimed(Schema const& schema)
    {
        try {
            timed_.emplace(schema);
            return true;
        } catch (CodecError const&) {
            return false;  // it is a state that is such a pair itself, or none of these types
        }
    }

    std::string_view name_;
    std::string const& directory_;
    Label label_;
    std::vector<std::pair<std::string, Owned<S>>> entries_;
    std::optional<Decoder<K>> keys_;
    std::optional<Decoder<S>> states_;
    std::optional<Decoder<std::pair<S, Time>>> timed_;
};

}  // namespace detail

/// What a state of a checkpoint is now, as a batch of pairs of keys and states, in any program: `stateOf<K, S>(directory, name, partitions
/// = 1)`. They are those behind the last batch whose commit is on the disk, also while the program that writes them runs, which does not
/// notice. The batch owns them; they are read at the call, and stand in the order of the bytes of the encoded keys.
///
/// K and S may be other types than those with which they were written, as far as a `Decoder` reads them; text is owned. S may be a
/// `std::pair<S, Time>` for `mapWithState`: the state, and when it was touched last.
///
/// There is no such directory, no checkpoint in it, or no such state, which lists those that there are; the types are others, of
/// which the text names both; something is damaged, so that what could be read is not the last: `StreamError`.
///
/// ```cpp
/// ManualClock clock;
/// StreamingContext ssc{{.master = "inline", .clock = clock, .log = silent}, 1s};
/// io::removeTree("/tmp/sluice-state-example");
/// checkpoint(ssc, "/tmp/sluice-state-example");
/// constantStream(ssc, rdd({std::pair{"a"s, 1}, std::pair{"b"s, 2}})) |
///     updateStateByKey([](std::vector<int> const& values, std::optional<int> sum) {
///         return std::optional{sum.value_or(0) + values.front()};
///     }) | named("sums") | checkpoint() | foreachRDD([](auto const&) {});
/// ssc.start();
/// clock.advance(3s);
/// ssc.stop();
/// // In another program:
/// auto const sums = stateOf<std::string, std::int64_t>("/tmp/sluice-state-example", "sums") | collectAsMap();
/// CHECK(sums == std::map<std::string, std::int64_t>{{"a", 3}, {"b", 6}});
/// io::removeTree("/tmp/sluice-state-example");
/// ```
template <class K, class S>
[[nodiscard]] auto stateOf(std::string const& directory, std::string_view name, std::size_t partitions = 1, CallSite at = CallSite::here())
{
    constexpr bool isReadable = Decodable<Owned<K>> && Decodable<Owned<S>>;
    static_assert(isReadable,
                  "sluice::stateOf<K, S>(directory, name): keys and states must have a binary form: specialise sluice::EncodedAs for what "
                  "has none");
    if constexpr (isReadable) {
        Label const label{"stateOf", at};
        detail::StateRows<K, S> reader{name, directory, label};
        detail::visitState(directory, name, label, reader);
        return rdd(std::move(reader).rows(), partitions);
    } else {
        return detail::Refused{};
    }
}

}  // namespace sluice::inline SLUICE_ABI
