#pragma once

#include <sluice/batch/rdd.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// One partition of a batch, as a batch: what functions are given that are called for each. It shares the whole, which is
/// prepared: it may be kept.
template <class Up>
class OnePartition : public RecordsAs<Up> {
public:
    constexpr OnePartition(Counted<Box<Up>> whole, std::size_t partition) : whole_(std::move(whole)), partition_(partition) {}

    [[nodiscard]] constexpr bool resumable() const { return whole_->value.resumable(); }
    [[nodiscard]] static constexpr std::size_t partitions() { return 1; }
    [[nodiscard]] constexpr bool isEmpty(std::size_t) const { return whole_->value.isEmpty(partition_); }
    /// A worker runs it: it has no others to wait for.
    [[nodiscard]] static constexpr InlinePlace place() { return {}; }
    constexpr void prepare() const {}

    template <class Sink>
    constexpr std::size_t each(std::size_t, std::size_t from, Sink& sink) const
    {
        return ofWhole([&] { return whole_->value.each(partition_, from, sink); });
    }

    template <class F>
        requires requires(Up const& up, F&& f) { up.eachSpan(0, 0, f); }
    constexpr std::size_t eachSpan(std::size_t, std::size_t from, F&& f) const
    {
        return ofWhole([&] { return whole_->value.eachSpan(partition_, from, static_cast<F&&>(f)); });
    }

private:
    /// What fails tells the partition of the whole: for others it is the first of one.
    template <class Push>
    constexpr std::size_t ofWhole(Push const& push) const
    {
        try {
            return push();
        } catch (StreamError& error) {
            error.atPartition(partition_);
            throw;
        }
    }

    Counted<Box<Up>> whole_;
    std::size_t partition_;
};

/// The batch over it.
template <class Up>
using PartitionOf = RDD<ValueOf<Up>, OnePartition<Up>>;

}  // namespace sluice::inline SLUICE_ABI::detail
