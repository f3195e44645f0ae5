#pragma once

#include <sluice/batch/any_rdd.hpp>
#include <sluice/batch/list.hpp>

#include <mutex>

namespace sluice::inline SLUICE_ABI::detail {

/// Batches of which the number is known at run time.
template <class T>
struct BatchList : RefCounted {
    struct Part {
        AnyBatch<T> batch;
        std::size_t end;  // its partitions end here, counted from the first batch's first
    };
    List<Part> batches;
    EnginePlace place;

    void add(AnyBatch<T> batch)
    {
        place.deepen(batch.place().depth());
        auto const end = partitions() + batch.partitions();
        batches.push_back({std::move(batch), end});
    }
    /// When all are there.
    void runAt(EnginePlace where)
    {
        where.deepen(place.depth());
        place = std::move(where);
    }

    [[nodiscard]] std::size_t partitions() const { return batches.empty() ? 0 : batches.back().end; }
    [[nodiscard]] bool resumable() const
    {
        for (auto const& part : batches) {
            if (!part.batch.resumable()) return false;
        }
        return true;
    }
    void prepare() const
    {
        for (auto const& part : batches) part.batch.prepare();
    }
    /// The batch that partition p belongs to; p becomes its number there.
    [[nodiscard]] AnyBatch<T> const& find(std::size_t& p) const
    {
        std::size_t begin = 0;
        for (auto end = batches.size() - 1; begin < end;) {
            auto const middle = begin + (end - begin) / 2;
            if (batches[middle].end <= p) begin = middle + 1;
            else end = middle;
        }
        if (begin > 0) p -= batches[begin - 1].end;
        return batches[begin].batch;
    }

    void clear()
    {
        batches.clear();
        place = EnginePlace{};
        pushed_.clear();
    }

    /// How many records they have: those of batches that do not know it, as far as they have run.
    [[nodiscard]] SLUICE_COLD std::int64_t records() const
    {
        std::int64_t all = 0;
        for (auto const& part : batches) all += part.batch.size() > 0 ? part.batch.size() : 0;
        std::lock_guard const lock{mutex_};
        for (auto const& one : pushed_) all += one.most;
        return all;
    }

    /// Partition p of a batch that does not know its records has pushed so many, from there on.
    SLUICE_COLD void pushed(std::size_t p, std::size_t from, std::int64_t more)
    {
        std::lock_guard const lock{mutex_};
        while (pushed_.size() <= p) pushed_.push_back({0, 0});
        auto* const at = &pushed_[p];
        at->now = from == 0 ? more : at->now + more;
        if (at->most < at->now) at->most = at->now;
    }

private:
    struct Pushed {
        std::int64_t now;   // in the loop that runs, or ran last
        std::int64_t most;  // in any of them
    };

    mutable std::mutex mutex_;
    List<Pushed> pushed_;  // by partition
};

/// Their records, one after another: their partitions are appended.
template <class T>
class Appended {
public:
    using Record = T const&;
    static constexpr bool stored = false;
    static constexpr bool stable = false;

    explicit Appended(Counted<BatchList<T>> list) : list_(std::move(list)) {}

    [[nodiscard]] bool resumable() const { return list_->resumable(); }
    [[nodiscard]] std::size_t partitions() const { return list_->partitions(); }
    [[nodiscard]] bool isEmpty(std::size_t p) const
    {
        auto const& batch = list_->find(p);
        return batch.isEmpty(p);
    }
    [[nodiscard]] EnginePlace const& place() const { return list_->place; }
    void prepare() const { list_->prepare(); }

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        auto const whole = p;
        auto const& batch = list_->find(p);
        if (batch.size() >= 0) return batch.each(p, from, sink);
        std::int64_t records = 0;
        auto const at = batch.eachCounting(p, from, sink, records);
        list_->pushed(whole, from, records);
        return at;
    }

private:
    Counted<BatchList<T>> list_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
