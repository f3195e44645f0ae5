#pragma once

#include <sluice/batch/any_rdd.hpp>

#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// Batches of which the number is known at run time.
template <class T>
struct BatchList : RefCounted {
    std::vector<AnyBatch<T>> batches;
    EnginePlace place;

    void clear()
    {
        batches.clear();
        place = EnginePlace{};
    }
};

/// Their records, one after another: their partitions are appended.
template <class T>
class Appended {
public:
    using Record = T const&;
    static constexpr bool stored = false;
    static constexpr bool stable = false;

    explicit Appended(Counted<BatchList<T>> list) : list_(std::move(list)) {}

    [[nodiscard]] bool resumable() const
    {
        for (auto const& batch : list_->batches) {
            if (!batch.resumable()) return false;
        }
        return true;
    }
    [[nodiscard]] std::size_t partitions() const
    {
        std::size_t sum = 0;
        for (auto const& batch : list_->batches) sum += batch.partitions();
        return sum;
    }
    [[nodiscard]] bool isEmpty(std::size_t p) const
    {
        auto const* const batch = find(p);
        return batch->isEmpty(p);
    }
    [[nodiscard]] EnginePlace place() const { return list_->place; }
    void prepare() const
    {
        for (auto const& batch : list_->batches) batch.prepare();
    }

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        auto const* const batch = find(p);
        return batch->each(p, from, sink);
    }

private:
    /// The batch that partition p belongs to; p becomes its number there.
    [[nodiscard]] AnyBatch<T> const* find(std::size_t& p) const
    {
        auto const* batch = list_->batches.data();
        while (p >= batch->partitions()) p -= (batch++)->partitions();
        return batch;
    }

    Counted<BatchList<T>> list_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
