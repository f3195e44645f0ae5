#pragma once

#include <sluice/batch/sink.hpp>
#include <sluice/checkpoint/window_entry.hpp>
#include <sluice/codec/binary.hpp>
#include <sluice/state/window_stream.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

// One file although it is long: what is written of a batch and how it is let in again must agree, with an inverse and without.

namespace sluice::inline SLUICE_ABI::detail {

/// What a directory has of one partition's window, as it is read.
struct LoadedWindow {
    std::string mark;
    std::map<std::int64_t, std::string> keys;     // by number
    std::map<std::int64_t, std::string> batches;  // by time
    std::map<std::int64_t, std::string> numberings;
};

/// What a checkpoint has of a KeyedWindow: what makes it go on to the bit, and in the same order, and costs no more than the batch that
/// came and the one that left. Entries, behind the partition:
///
///   key        a number: its key; or, where it is free, how many free ones are taken later
///   batch      a time: the numbers of the batch that came then, and their values
///   numbering  which one: the numbers that had a key when all keys were given others
///   mark       the rest, which is a few numbers
///
/// Without an inverse a value of the window is what f has made of those of its batches, in pairs that depend on which batches came and
/// left before; where f rounds, so does its result. So the batches are let in and out again as they came and left, from one on before
/// which the back of the queue was empty. Of the batches that were in the queue then it is enough how many they were, and its borders:
/// they have left since, and what they had is in none of its values. With an inverse nothing is computed again: the value of a key stands
/// in the batch that changed it last, and where a key stays that no batch has, beside the key.
template <class Window>
class KeyedWindowImage;

template <class K, class V, class Fns>
class KeyedWindowImage<KeyedWindow<K, V, Fns>> {
    using Window = KeyedWindow<K, V, Fns>;

public:
    static constexpr bool inverse = Fns::inverse;
    static constexpr std::uint8_t ofMark = 0;
    static constexpr std::uint8_t ofKey = 1;
    static constexpr std::uint8_t ofBatch = 2;
    static constexpr std::uint8_t ofNumbering = 3;

    /// Writes what has changed since it was called before, of partition p.
    void save(Window& window, std::int64_t p, Time t, std::string_view partitioned, CheckpointSink& to)
    {
        // A function has thrown in the middle: what stands there was before that, and goes on as this does.
        if (window.progress_ != 0 || window.stage_ != 0) return;
        auto& notes = *window.notes_;
        auto const& known = window.known_;
        if (notes.renumbered) {
            BinaryWriter writer{cleared()};
            putAscending(writer, notes.live);
            writer.finish();
            to.put(key_(ofNumbering, {p, numbering_++}), value_);
            for (auto number = known.end(); number < end_; ++number) to.remove(key_(ofKey, {p, number}));
            for (std::uint32_t number = 0; number < known.end(); ++number) putKey(window, p, number, to);
        } else {
            for (auto const number : notes.keys) putKey(window, p, number, to);
            for (auto i = notes.leastFree; i < known.freed().size(); ++i) putFree(p, known.freed()[i], i, to);
        }
        end_ = known.end();
        if constexpr (inverse) {
            for (auto const number : notes.left) {
                if (known.has(number) && known[number].batches == 0) putKey(window, p, number, to);
            }
        }
        bool leaving = notes.left.size() > 0;
        for (std::size_t i = 0; i < notes.entered.size(); ++i) {
            auto const& entered = notes.entered[i];
            if (i + 1 < notes.entered.size() && notes.entered[i + 1].time == entered.time) continue;  // it was undone
            auto const* const part = find(window, entered.time);
            if (part == nullptr) continue;
            putBatch(window, p, entered.time, part, entered.before, entered.time == t, to);
            leaving = leaving && entered.time != t;
        }
        if (leaving) putBatch(window, p, t, nullptr, {}, true, to);
        prune(window, p, to);
        putMark(window, p, partitioned, to);
        notes.clear(known.freed().size());
    }

    /// Into a window in which nothing is yet.
    void restore(Window& window, LoadedWindow const& from, Decoder<K>& keys, Decoder<V>& values)
    {
        mark_ = from.mark;
        BinaryReader reader{mark_};
        auto const parts = reader.guard("the mark of a window", [&] {
            if (reader.number<std::uint8_t>() != version) BinaryReader::fail(reader.begin(), "a version that this program does not know");
            end_ = static_cast<std::uint32_t>(reader.size());
            numbering_ = static_cast<std::int64_t>(reader.size());
            window.slack_ = Slack{static_cast<unsigned>(reader.size())};
            return reader.size();
        });
        readKeys(window, from, keys, values);
        for (auto const& [number, bytes] : from.numberings) {
            BinaryReader of{bytes};
            numberings_[number] = of.guard("the keys of a window", [&] { return getAscending(of); });
        }
        for (auto const& batch : from.batches) {
            BinaryReader of{batch.second};
            of.guard("a batch of a window", [&] { readBatch(window, Time{Duration{batch.first}}, of, values); });
        }
        if constexpr (!inverse) leaveUntil(window, parts);
        numberings_.clear();
        if (window.parts_.size() != parts || (parts > 0 && window.parts_[0]->time == never)) failWindow("missing");
        window.notes_->clear(window.known_.freed().size());
        window.notes_->keys.reserve(end_);
    }

    template <class F>
    static void eachKey(Window const& window, F&& f)
    {
        window.known_.eachSpan(0, [&](auto const* known, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) f(known[i].key);
            return Taken{n, true};
        });
    }

    /// The batches and values of some windows in others, in which nothing is yet: targetOf(key, from), told in which it was.
    template <class TargetOf>
    static void divide(LastingTables const& from, LastingTables const& into, TargetOf const& targetOf)
    {
        auto const window = [](LastingTables const& tables, std::size_t p) -> Window& { return static_cast<Window&>(tables[p]); };
        std::vector<Time> times;
        for (std::size_t p = 0; p < from.size(); ++p) {
            for (auto const* part : window(from, p).parts_) times.push_back(part->time);
        }
        std::sort(times.begin(), times.end());
        times.erase(std::unique(times.begin(), times.end()), times.end());
        for (auto const t : times) {
            auto const eachKey = [&](auto const& f) {
                for (std::size_t p = 0; p < from.size(); ++p) {
                    auto const& one = window(from, p);
                    auto const* const part = find(one, t);
                    for (std::size_t i = 0; part != nullptr && i < part->numbers.size(); ++i) {
                        auto const& known = one.known_[part->numbers[i]];
                        f(targetOf(known.key, p), known, part->values[i]);
                    }
                }
            };
            std::vector<std::size_t> keys(into.size());
            eachKey([&](std::size_t q, auto const&, V const&) { ++keys[q]; });
            for (std::size_t q = 0; q < into.size(); ++q) window(into, q).begin(t, keys[q]);
            eachKey([&](std::size_t q, auto const& known, V const& value) { window(into, q).add(known.tag, known.key, value); });
            for (std::size_t q = 0; q < into.size(); ++q) {
                window(into, q).enter();
                window(into, q).commit();
                window(into, q).settle();
            }
        }
        if constexpr (inverse) {
            for (std::size_t p = 0; p < from.size(); ++p) {
                auto& one = window(from, p);
                one.known_.eachRun([&](std::uint32_t number, auto const* known, std::size_t n) {
                    for (std::size_t i = 0; i < n; ++i, ++number) {
                        if (!one.back_.has(number)) continue;
                        auto& to = window(into, targetOf(known[i].key, p));
                        auto const there = to.find(known[i].tag, known[i].key);
                        to.back_.put(there != KeyIndex::none ? there : to.addKey(known[i].tag, known[i].key), V(one.back_[number]));
                    }
                });
            }
        }
    }

private:
    using Part = typename Window::Part;
    using Borders = WindowNotes::Borders;

    static constexpr std::uint8_t version = 1;
    static constexpr Time never{Duration::min()};
    // What an entry of a number says.
    static constexpr std::uint8_t isFree = 0;
    static constexpr std::uint8_t hasKey = 1;
    static constexpr std::uint8_t hasValue = 2;

    struct Batch {
        Time time;
        bool isBegin;  // nothing before it is needed to know what came behind
        std::int64_t numbering;
    };

    [[nodiscard]] std::string& cleared()
    {
        value_.clear();
        return value_;
    }
    [[nodiscard]] static Part const* find(Window const& window, Time t)
    {
        for (auto i = window.parts_.size(); i-- > 0 && window.parts_[i]->time >= t;) {
            if (window.parts_[i]->time == t) return window.parts_[i];
        }
        return nullptr;
    }

    void putKey(Window const& window, std::int64_t p, std::uint32_t number, CheckpointSink& to)
    {
        if (!window.known_.has(number)) return;
        auto const& known = window.known_[number];
        bool const stays = inverse && known.batches == 0 && window.back_.has(number);
        BinaryWriter writer{cleared()};
        writer.number(stays ? hasValue : hasKey);
        encode(known.key, writer);
        if (stays) encode(window.back_[number], writer);
        writer.finish();
        to.put(key_(ofKey, {p, number}), value_);
    }
    void putFree(std::int64_t p, std::uint32_t number, std::size_t later, CheckpointSink& to)
    {
        BinaryWriter writer{cleared()};
        writer.number(isFree);
        writer.size(later);
        writer.finish();
        to.put(key_(ofKey, {p, number}), value_);
    }

    /// A batch that came, or none: then what has left has changed values. `last`: of the step that is written.
    void putBatch(Window const& window, std::int64_t p, Time t, Part const* part, Borders const& before, bool last, CheckpointSink& to)
    {
        BinaryWriter writer{cleared()};
        writer.size(static_cast<std::uint64_t>(numbering_));
        writer.number(static_cast<std::uint8_t>(part != nullptr));
        if (part != nullptr) {
            if constexpr (!inverse) {
                for (auto const border : {before.parts, before.l, before.r, before.a, before.b}) writer.size(border);
            }
            putAscending(writer, part->numbers);
            for (std::size_t i = 0; i < part->numbers.size(); ++i) encode(part->values[i], writer);
        }
        if constexpr (inverse) {
            auto const putSums = [&](List<std::uint32_t> const& numbers) {
                for (auto const number : numbers) {
                    if (!window.known_.has(number) || !window.back_.has(number)) continue;
                    writer.size(number + std::uint64_t{1});
                    encode(window.back_[number], writer);
                }
            };
            if (last) putSums(window.notes_->left);
            if (part != nullptr) putSums(part->numbers);
            writer.size(0);
        }
        writer.finish();
        to.put(key_(ofBatch, {p, t.microseconds()}), value_);
        batches_.push_back({t, inverse || before.parts == before.b, numbering_});
    }

    /// What is not needed any more goes.
    void prune(Window const& window, std::int64_t p, CheckpointSink& to)
    {
        auto needed = batches_.size();
        if (!window.parts_.empty()) {
            auto const first = window.parts_[0]->time;
            for (std::size_t i = 0; i < batches_.size() && batches_[i].time <= first; ++i) {
                if (batches_[i].isBegin) needed = i;
            }
            if (needed == batches_.size()) needed = 0;
        }
        for (; needed > 0; --needed) {
            to.remove(key_(ofBatch, {p, batches_[0].time.microseconds()}));
            batches_.pop_front();
        }
        auto const oldest = batches_.empty() ? numbering_ : batches_[0].numbering;
        for (; oldestNumbering_ < oldest; ++oldestNumbering_) to.remove(key_(ofNumbering, {p, oldestNumbering_}));
    }

    void putMark(Window const& window, std::int64_t p, std::string_view partitioned, CheckpointSink& to)
    {
        BinaryWriter writer{cleared()};
        writer.number(version);
        writer.size(end_);
        writer.size(static_cast<std::uint64_t>(numbering_));
        writer.size(window.slack_.times());
        writer.size(window.parts_.size());
        writer.bytes(partitioned.data(), partitioned.size());
        writer.finish();
        if (value_ == mark_) return;
        mark_ = value_;
        to.put(key_(ofMark, {p}), value_);
    }

    void readKeys(Window& window, LoadedWindow const& from, Decoder<K>& keys, Decoder<V>& values)
    {
        if (from.keys.size() != end_) failWindow("missing");
        window.makeRoom(end_);
        using Known = typename Window::Known;
        std::map<std::uint64_t, std::uint32_t> unused;
        for (auto const& entry : from.keys) {
            if (entry.first != window.known_.end()) failWindow("missing");
            BinaryReader reader{entry.second};
            window.known_.add([&]() -> Known {
                return reader.guard("a key of a window", [&] {
                    auto const kind = reader.number<std::uint8_t>();
                    auto const n = static_cast<std::uint32_t>(entry.first);
                    if (kind == isFree) {
                        unused[reader.size()] = n;
                        return Known{K{}, 0, 0};
                    }
                    K key = keys(reader);
                    if (kind == hasValue) window.back_.put(n, values(reader));
                    auto const tag = tagOfKey(key);
                    return Known{std::move(key), tag, 0};
                });
            });
        }
        for (auto const& [later, number] : unused) window.known_.remove(number);
        window.reserveIndex(end_);
        for (std::uint32_t number = 0; number < end_; ++number) {
            if (!window.known_.has(number)) continue;
            auto const& known = window.known_[number];
            if (window.find(known.tag, known.key) != KeyIndex::none) failWindow("there twice: two of its keys are equal now");
            window.reserveIndex(1);
            window.index_.insert(window.index_.tagFor(known.tag, known.key), number);
        }
    }

    /// The number that a key has now, of the one that it had, or none where it went.
    [[nodiscard]] std::uint32_t now(Window const& window, std::uint32_t number, std::int64_t numbering) const
    {
        for (; numbering < numbering_; ++numbering) {
            auto const found = numberings_.find(numbering);
            if (found == numberings_.end()) failWindow("missing");
            auto const at = std::lower_bound(found->second.begin(), found->second.end(), number);
            if (at == found->second.end() || *at != number) return KeyIndex::none;
            number = static_cast<std::uint32_t>(at - found->second.begin());
        }
        return window.known_.has(number) ? number : KeyIndex::none;
    }

    void readBatch(Window& window, Time t, BinaryReader& reader, Decoder<V>& values)
    {
        auto const numbering = static_cast<std::int64_t>(reader.size());
        bool const came = reader.number<std::uint8_t>() != 0;
        Borders before{};
        if (came) {
            if constexpr (!inverse) {
                for (auto* border : {&before.parts, &before.l, &before.r, &before.a, &before.b}) {
                    *border = static_cast<std::size_t>(reader.size());
                }
                arrive(window, before);
            }
            auto const numbers = getAscending(reader);
            window.begin(t, numbers.size());
            for (auto const number : numbers) {
                auto value = values(reader);
                if (auto const known = now(window, number, numbering); known != KeyIndex::none) window.staged_.put(known, std::move(value));
            }
            if constexpr (inverse) letIn(window);
            else window.enter();
            window.parts_.push_back(std::exchange(window.fresh_, nullptr));
            ++window.pending_;
        }
        if constexpr (inverse) {
            for (auto number = reader.size(); number != 0; number = reader.size()) {
                auto value = values(reader);
                auto const known = now(window, static_cast<std::uint32_t>(number - 1), numbering);
                if (known != KeyIndex::none) window.back_.put(known, std::move(value));
            }
        }
        window.gone_.clear();
        batches_.push_back({t, inverse || before.parts == before.b, numbering});
        if (batches_.size() == 1) oldestNumbering_ = numbering;
    }

    /// What was taken from the sums of others is in those that were written.
    static void letIn(Window& window)
    {
        auto& part = *window.fresh_;
        auto& staged = window.staged_;
        for (auto at = staged.next(0); at < staged.size(); at = staged.next(at + 1)) {
            part.values.put(part.numbers.size(), staged.take(at));
            part.numbers.push_back(static_cast<std::uint32_t>(at));
            ++window.known_[static_cast<std::uint32_t>(at)].batches;
        }
    }

    /// The queue as it was before a batch entered.
    void arrive(Window& window, Borders const& before)
    {
        if (!batches_.empty()) return leaveUntil(window, before.parts);
        if (before.parts != before.b || before.parts > mostParts) failWindow("missing");
        while (window.parts_.size() < before.parts) {
            window.parts_.makeRoom();
            window.parts_.push_back(new Part{never, {}, {}, {}});
        }
        window.l_ = before.l;
        window.r_ = before.r;
        window.a_ = before.a;
        window.b_ = before.b;
    }
    static void leaveUntil(Window& window, std::size_t parts)
    {
        if (parts > window.parts_.size()) failWindow("missing");
        window.settle();
        while (window.parts_.size() > parts) {
            window.evictFirst();
            window.gone_.clear();
        }
    }

    static constexpr std::size_t mostParts = std::size_t{1} << 32;

    std::uint32_t end_ = 0;             // of the numbers that are written
    std::int64_t numbering_ = 0;        // how often all numbers were given anew
    std::int64_t oldestNumbering_ = 0;  // that is written
    List<Batch> batches_;               // that are written, in the order of time
    std::string mark_;
    std::map<std::int64_t, std::vector<std::uint32_t>> numberings_;  // while it is read
    WindowEntryKey key_;
    std::string value_;
};

/// What keeps the windows of a node, by partition.
template <class Node>
struct KeyedWindowKeeper final : CheckpointedPart, LoadedWindows {
    using Key = typename Node::K;
    using State = typename Node::V;
    using Image = KeyedWindowImage<typename Node::Window>;

    explicit KeyedWindowKeeper(Node& node) : node_(node) {}

    [[nodiscard]] Label const& label() const override { return node_.label; }
    [[nodiscard]] std::string name() const override { return node_.label.name != nullptr ? node_.label.name : ""; }
    [[nodiscard]] std::string keySchema() const override
    {
        return windowSchema(Image::inverse ? "keys and batches of a window with an inverse" : "keys and batches of a window");
    }
    [[nodiscard]] std::string valueSchema() const override { return schemaOf<std::pair<Key, State>>().encoded(); }

    SLUICE_COLD void open(Time, std::string_view keySchema, std::string_view valueSchema) override
    {
        requireWindow(keySchema, this->keySchema());
        auto const written = Schema::decode(valueSchema);
        if (written.parts.size() != 2) failWindow("not one of keys and values");
        keys_.emplace(written.parts[0]);
        values_.emplace(written.parts[1]);
    }
    SLUICE_COLD void load(std::string_view key, std::string_view value) override
    {
        BinaryReader reader{key};
        reader.guard("the key of a window's entry", [&] {
            auto const kind = reader.number<std::uint8_t>();
            auto const p = reader.number<std::int64_t>();
            auto& window = loaded_[p];
            if (kind == Image::ofMark) {
                window.mark = value;
                return;
            }
            auto& entries = kind == Image::ofKey ? window.keys : kind == Image::ofBatch ? window.batches : window.numberings;
            entries[reader.number<std::int64_t>()] = value;
        });
    }
    SLUICE_COLD void loaded() override
    {
        if (loaded_.empty()) return;
        auto const partitions = loaded_.size();
        if (loaded_.rbegin()->first != static_cast<std::int64_t>(partitions) - 1) failWindow("missing");
        for (auto const& [p, window] : loaded_) {
            if (window.mark.empty()) failWindow("missing");
        }
        as_ = static_cast<KeptPartitioning>(loaded_.begin()->second.mark.back());
        node_.tables.fill(partitions, [this] { return node_.newTable(); });
        Row<Image>(partitions).swap(images_);
        for (auto const& [p, window] : loaded_) {
            images_[static_cast<std::size_t>(p)].restore(node_.windowAt(static_cast<std::size_t>(p)), window, *keys_, *values_);
        }
        loaded_.clear();
        if (keys_->converts() || values_->converts()) divideBy(partitions, [](Key const&, std::size_t p) { return p; });
        node_.known = partitions;
        node_.partitioning = partitioningAsKept(partitions);
        node_.loaded = this;
    }

    SLUICE_COLD void save(Time t, bool, CheckpointSink& to) override
    {
        if (node_.tables.size() == 0) return;
        if (rewrites_) to.reset();
        rewrites_ = false;
        if (images_.size() == 0) Row<Image>(node_.tables.size()).swap(images_);
        char const as = static_cast<char>(keptAs(node_.partitioning));
        for (std::size_t p = 0; p < images_.size(); ++p) {
            images_[p].save(node_.windowAt(p), static_cast<std::int64_t>(p), t, {&as, 1}, to);
        }
    }

    SLUICE_COLD void divide(std::size_t partitions, Partitioning const& partitioning) override
    {
        bool const alike = partitions == node_.known && (node_.partitioning == partitioning || isTrusted(partitioning));
        if (!alike) {
            divideBy(partitions, [&](Key const& key, std::size_t) { return targetOf(key, partitions, partitioning); });
        }
        node_.known = partitions;
        node_.partitioning = partitioning;
    }

private:
    /// A partitioner that cannot be asked where keys belong is taken for the one that there was.
    [[nodiscard]] bool isTrusted(Partitioning const& partitioning) const
    {
        return !BehindPartitioner<Node> && as_ == KeptPartitioning::byPartitioner && partitioning.own;
    }
    [[nodiscard]] Partitioning partitioningAsKept(std::size_t partitions) const
    {
        if (as_ == KeptPartitioning::none) return {};
        if (as_ == KeptPartitioning::byHash) return {partitions};
        if constexpr (BehindPartitioner<Node>) {
            auto const now = node_.up.impl().shared->value.by.partitioning();
            if (now.partitions != partitions) return {};
            bool alike = true;
            for (std::size_t p = 0; p < partitions; ++p) {
                Image::eachKey(node_.windowAt(p), [&](Key const& key) { alike = alike && targetOf(key, partitions, now) == p; });
            }
            if (alike) return now;
        }
        return {};
    }
    [[nodiscard]] std::size_t targetOf(Key const& key, std::size_t partitions, Partitioning const& partitioning) const
    {
        if (partitioning.own) {
            if constexpr (BehindPartitioner<Node>) {
                auto const& by = node_.up.impl().shared->value.by;
                if (by.own->same(*partitioning.own)) return by.target(node_.label, hashOfKey(key), key, partitions);
            }
            throw StreamError{node_.label,
                              "its batches are partitioned by a partitioner, and what was kept of it is not: give that partitioner to it"};
        }
        return partitioning ? partitionOf(hashOfKey(key), partitions) : 0;
    }
    /// All is written anew then.
    template <class TargetOf>
    void divideBy(std::size_t partitions, TargetOf const& target)
    {
        LastingTables divided;
        divided.fill(partitions, [this] { return node_.newTable(); });
        Image::divide(node_.tables, divided, target);
        node_.tables.swap(divided);
        Row<Image>(partitions).swap(images_);
        rewrites_ = true;
    }

    Node& node_;
    bool rewrites_ = false;  // what stands there counts no more
    KeptPartitioning as_ = KeptPartitioning::none;
    std::map<std::int64_t, LoadedWindow> loaded_;
    std::optional<Decoder<Key>> keys_;
    std::optional<Decoder<State>> values_;
    Row<Image> images_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
