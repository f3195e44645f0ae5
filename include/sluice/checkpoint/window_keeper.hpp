#pragma once

#include <sluice/batch/stored_batch.hpp>
#include <sluice/checkpoint/window_entry.hpp>
#include <sluice/codec/binary.hpp>
#include <sluice/stream/graph.hpp>

#include <deque>
#include <map>
#include <optional>
#include <utility>

namespace sluice::inline SLUICE_ABI::detail {

/// What all batches of a window have in common, if they have.
template <class R>
struct SharedOf {
    struct type {};
};
template <class R>
    requires requires { typename R::Shared; }
struct SharedOf<R> {
    using type = typename R::Shared;
};

/// What keeps the records of a window: those of each batch when it comes, until it leaves. So a batch costs what it has.
///
///   batch  its time, and which of those of that time it is: how it is partitioned, and how many chunks each partition has
///   chunk  … of which partition, and which of its chunks: records
template <class Node>
struct WindowKeeper final : CheckpointedPart {
    using R = typename Node::R;
    using Key = typename R::Entry;
    using State = Key;

    explicit WindowKeeper(Node& node) : node_(node) {}

    [[nodiscard]] Label const& label() const override { return node_.label; }
    [[nodiscard]] std::string name() const override { return node_.label.name != nullptr ? node_.label.name : ""; }
    [[nodiscard]] std::string keySchema() const override { return windowSchema("batches of a window"); }
    [[nodiscard]] std::string valueSchema() const override { return schemaOf<State>().encoded(); }

    SLUICE_COLD void open(Time, std::string_view keySchema, std::string_view valueSchema) override
    {
        requireWindow(keySchema, this->keySchema());
        records_.emplace(Schema::decode(valueSchema));
        rewrites_ = records_->converts();
    }
    SLUICE_COLD void load(std::string_view key, std::string_view value) override
    {
        BinaryReader reader{key};
        reader.guard("the key of a window's entry", [&] {
            auto const kind = reader.number<std::uint8_t>();
            auto const time = reader.number<std::int64_t>();
            auto const place = reader.number<std::int64_t>();
            if (kind == ofBatch) {
                loaded_[{time, place}].batch = value;
            } else {
                auto const partition = reader.number<std::int64_t>();
                loaded_[{time, place}].chunks[{partition, reader.number<std::int64_t>()}] = value;
            }
        });
    }
    SLUICE_COLD void loaded() override
    {
        typename SharedOf<R>::type shared{};
        for (auto const& [key, batch] : loaded_) {
            Time const time{Duration{key.first}};
            auto records = read(batch, shared);
            if (!rewrites_) saved_.push_back({time, key.second, chunksOf(batch)});
            auto const count = records->records();
            node_.keptRecords += count;
            node_.kept.push_back({time, count, std::move(records)});
        }
        loaded_.clear();
    }

    SLUICE_COLD void save(Time, bool, CheckpointSink& to) override
    {
        if (rewrites_) to.reset();
        rewrites_ = false;
        auto const& kept = node_.kept;
        while (!saved_.empty() && (kept.empty() || saved_.front().time < kept[0].time)) {
            remove(saved_.front(), to);
            saved_.pop_front();
        }
        auto const last = saved_.empty() ? Time{Duration::min()} : saved_.back().time;
        auto first = kept.size();
        while (first > 0 && kept[first - 1].time > last) --first;
        for (auto i = first, place = std::size_t{0}; i < kept.size(); ++i) {
            place = i > first && kept[i - 1].time == kept[i].time ? place + 1 : 0;
            put(kept[i].time, static_cast<std::int64_t>(place), *kept[i].batch, to);
        }
    }

private:
    static constexpr std::uint8_t ofBatch = 0;
    static constexpr std::uint8_t ofChunk = 1;
    static constexpr std::size_t full = std::size_t{1} << 20;  // bytes of a chunk

    struct Saved {
        Time time;
        std::int64_t place;
        std::vector<std::uint64_t> chunks;  // by partition
    };
    struct Loaded {
        std::string batch;
        std::map<std::pair<std::int64_t, std::int64_t>, std::string> chunks;
    };

    void put(Time t, std::int64_t place, R const& batch, CheckpointSink& to)
    {
        Saved saved{t, place, {}};
        for (std::size_t p = 0; p < batch.partitions(); ++p) {
            std::uint64_t chunks = 0;
            std::optional<BinaryWriter> writer;
            auto const putChunk = [&] {
                writer->finish();
                to.put(key_(ofChunk, {t.microseconds(), place, static_cast<std::int64_t>(p), static_cast<std::int64_t>(chunks)}), value_);
                writer.reset();
                ++chunks;
            };
            eachRecord(batch.part(p), [&](Key const& record) {
                if (!writer) {
                    value_.clear();
                    writer.emplace(value_);
                }
                encode(record, *writer);
                if (writer->written() >= full) putChunk();
                return true;
            });
            if (writer) putChunk();
            saved.chunks.push_back(chunks);
        }
        value_.clear();
        BinaryWriter writer{value_};
        writer.number(static_cast<std::uint8_t>(keptAs(batch.partitioning())));
        writer.size(saved.chunks.size());
        for (auto const chunks : saved.chunks) writer.size(chunks);
        writer.finish();
        to.put(key_(ofBatch, {t.microseconds(), place}), value_);
        saved_.push_back(std::move(saved));
    }
    void remove(Saved const& saved, CheckpointSink& to)
    {
        auto const t = saved.time.microseconds();
        std::int64_t partition = 0;
        for (auto const chunks : saved.chunks) {
            for (std::uint64_t i = 0; i < chunks; ++i) to.remove(key_(ofChunk, {t, saved.place, partition, static_cast<std::int64_t>(i)}));
            ++partition;
        }
        to.remove(key_(ofBatch, {t, saved.place}));
    }

    [[nodiscard]] static std::vector<std::uint64_t> chunksOf(Loaded const& batch, KeptPartitioning* as = nullptr)
    {
        BinaryReader reader{batch.batch};
        return reader.guard("a batch of a window", [&] {
            auto const kind = reader.number<std::uint8_t>();
            if (as != nullptr) *as = static_cast<KeptPartitioning>(kind);
            std::vector<std::uint64_t> chunks;
            for (auto n = reader.size(); n > 0; --n) chunks.push_back(reader.size());
            return chunks;
        });
    }
    /// f(record) for each, while it answers that it wants more.
    template <class Part, class F>
    static void eachRecord(Part const& part, F&& f)
    {
        if (part.size() == 0) return;
        takeFrom(part, 0, [&f](Key const* records, std::size_t size) {
            std::size_t i = 0;
            while (i < size && f(records[i])) ++i;
            return Taken{i, i == size};
        });
    }
    template <class Shared>
    [[nodiscard]] Counted<R> read(Loaded const& batch, Shared& shared)
    {
        auto as = KeptPartitioning::none;
        auto const chunks = chunksOf(batch, &as);
        auto made = makeCounted<R>();
        made->count = chunks.size();
        made->runsAt = node_.graph->place();
        made->parts.resize(chunks.size());
        if constexpr (requires { made->open(node_, shared); }) made->open(node_, shared);
        made->once.run([] {});
        for (std::size_t p = 0; p < chunks.size(); ++p) {
            for (std::uint64_t i = 0; i < chunks[p]; ++i) {
                auto const chunk = batch.chunks.find({static_cast<std::int64_t>(p), static_cast<std::int64_t>(i)});
                if (chunk == batch.chunks.end()) failWindow("missing");
                BinaryReader reader{chunk->second};
                while (reader.left() > 0) made->parts[p]((*records_)(reader));
            }
            if constexpr (requires { made->parts[p].finish(); }) made->parts[p].finish();
        }
        made->cut = partitioningOf(*made, as);
        return made;
    }
    /// A partitioner that places a record elsewhere now is another one: then the batch is not partitioned by it.
    [[nodiscard]] Partitioning partitioningOf(R const& batch, KeptPartitioning as) const
    {
        if (as == KeptPartitioning::byHash) return {batch.partitions()};
        if (as == KeptPartitioning::none) return {};
        if constexpr (BehindPartitioner<Node> && requires { typename Key::first_type; }) {
            auto const& by = node_.up.impl().shared->value.by;
            if (by.partitions != batch.partitions()) return {};
            for (std::size_t p = 0; p < batch.partitions(); ++p) {
                bool stands = true;
                eachRecord(batch.part(p), [&](Key const& record) {
                    return stands = by.target(node_.label, hashOfKey(record.first), record.first, by.partitions) == p;
                });
                if (!stands) return {};
            }
            return by.partitioning();
        } else {
            return {};
        }
    }

    Node& node_;
    bool rewrites_ = false;    // what stands there counts no more
    std::deque<Saved> saved_;  // in the order of time
    std::map<std::pair<std::int64_t, std::int64_t>, Loaded> loaded_;
    std::optional<Decoder<State>> records_;
    WindowEntryKey key_;
    std::string value_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
