#pragma once

#include <sluice/batch/collect_sink.hpp>
#include <sluice/batch/maybe.hpp>
#include <sluice/batch/rdd.hpp>
#include <sluice/batch/slack.hpp>
#include <sluice/batch/stored_batch.hpp>
#include <sluice/stream/once.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// One batch, kept: records that outlive it, for each partition a Part, which is a sink, or takes them itself. What they come from is let go
/// when they are there.
template <class Up, class Part = KeepSink<Stored<ValueOf<Up>>>>
struct CachedRecords : RefCounted {
    using Entry = Stored<ValueOf<Up>>;

    Maybe<Up> up;
    std::size_t count = 0;  // of partitions
    Partitioning cut;
    EnginePlace runsAt;
    std::vector<Part> parts;  // their memory is used again
    Slack slack;
    Once once;

    void plan(Up batch)
    {
        count = batch.partitions();
        cut = partitioningOf(batch);
        runsAt = batch.place();
        up.emplace(static_cast<Up&&>(batch));
    }
    void prepare()
    {
        once.run([this] {
            up->prepare();
            if (parts.size() < count) parts.resize(count);
            for (auto& part : parts) part.clear();
            forPartitions(*up, [this](std::size_t p) {
                if constexpr (requires { parts[p].take(*up, p); }) parts[p].take(*up, p);
                else up->each(p, 0, parts[p]);
            });
            up.reset();
        });
    }
    [[nodiscard]] std::size_t partitions() const { return count; }
    [[nodiscard]] Partitioning const& partitioning() const { return cut; }
    [[nodiscard]] EnginePlace const& place() const { return runsAt; }
    [[nodiscard]] Part const& part(std::size_t p) const { return parts[p]; }
    [[nodiscard]] std::size_t records() const
    {
        std::size_t all = 0;
        for (auto const& part : parts) all += part.size();
        return all;
    }
    [[nodiscard]] bool isEmpty(std::size_t p) const { return once.done() ? parts[p].size() == 0 : up->isEmpty(p); }
    void clear()
    {
        up.reset();
        bool const far = slack.isFar(records() * sizeof(Entry));
        for (auto& part : parts) part.clear();
        if (far) std::vector<Part>{}.swap(parts);
        once.reset();
    }
};

template <class Up>
using Cached = StoredBatch<CachedRecords<Up>>;

}  // namespace sluice::inline SLUICE_ABI::detail
