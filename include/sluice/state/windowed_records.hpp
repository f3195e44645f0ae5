#pragma once

#include <sluice/stream/cached_records.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// The kept batches of one window, in the order of time. R is CachedRecords of some batch.
template <class R>
struct WindowedRecords : RefCounted {
    using Entry = typename R::Entry;
    static constexpr bool passing = passes<R>;

    List<Counted<R>> batches;
    EnginePlace runsAt;
    Partitioning alike;      // if all are partitioned alike: then their partitions of one number are one
    std::size_t count = 0;   // of partitions
    List<std::size_t> ends;  // where the partitions of each end, if they are not
    bool abandoned = false;  // its newest batch failed

    void plan(EnginePlace where)
    {
        runsAt = std::move(where);
        alike = {};
        count = 0;
        if (batches.empty()) return;
        alike = batches[0]->partitioning();
        ends.clear();
        for (auto const& batch : batches) {
            ends.push_back(count += batch->partitions());
            if (!(batch->partitioning() == alike)) alike = {};
        }
        if (alike) count = batches[0]->partitions();
    }
    void clear()
    {
        batches.clear();
        runsAt = EnginePlace{};
        abandoned = false;
    }

    [[nodiscard]] std::size_t partitions() const { return count; }
    [[nodiscard]] Partitioning const& partitioning() const { return alike; }
    [[nodiscard]] EnginePlace const& place() const { return runsAt; }
    void prepare() const
    {
        if (abandoned) throw StreamError{"sluice: a window that could not be brought up to this batch"};
        for (auto const& batch : batches) batch->prepare();
    }
    [[nodiscard]] bool isEmpty(std::size_t p) const
    {
        return visit(p, [](R const& batch, std::size_t q) { return batch.isEmpty(q); });
    }

    template <class Take>
    std::size_t eachSpan(std::size_t p, std::size_t from, Take&& take) const
    {
        std::size_t seen = 0;
        visit(p, [&](R const& batch, std::size_t q) {
            auto const& part = batch.part(q);
            auto const skip = from - seen < part.size() ? from - seen : part.size();
            seen += skip;
            if (skip == part.size()) return true;
            from = seen;
            auto const taken = takeFrom(part, skip, take);
            seen += taken.count;
            from += taken.count;
            return taken.more;
        });
        return from;
    }

private:
    /// f(batch, its partition) for those that are partition p of the window, while it answers true; whether all did.
    template <class F>
    bool visit(std::size_t p, F&& f) const
    {
        if (alike) {
            for (auto const& batch : batches) {
                if (!f(*batch, p)) return false;
            }
            return true;
        }
        std::size_t begin = 0;
        for (auto end = ends.size() - 1; begin < end;) {
            auto const middle = begin + (end - begin) / 2;
            if (ends[middle] <= p) begin = middle + 1;
            else end = middle;
        }
        return f(*batches[begin], begin == 0 ? p : p - ends[begin - 1]);
    }
};

/// What a window keeps of batches: of another window those that it has kept, of a cache what that has, else its own.
template <class Batch>
struct KeptOf {
    using type = CachedRecords<Batch>;
};
template <class Up>
struct KeptOf<Cached<Up>> {
    using type = CachedRecords<Up>;
};
template <class R>
struct KeptOf<StoredBatch<WindowedRecords<R>>> {
    using type = R;
};

}  // namespace sluice::inline SLUICE_ABI::detail
