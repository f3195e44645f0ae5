#pragma once

#include <sluice/batch/rdd.hpp>
#include <sluice/stream/list.hpp>

#include <iterator>
#include <vector>

namespace sluice::inline SLUICE_ABI {

namespace detail {

template <class T>
inline constexpr bool collectsInPlace = std::is_trivially_copyable_v<T> && std::is_copy_assignable_v<T> &&
                                        std::is_default_constructible_v<T> && !std::is_same_v<T, bool>;

/// Gathers owned records. Trivial ones are written into room that is there already, and the end is advanced: `filter`
/// in front of it then needs no branch.
template <class T>
class CollectSink {
public:
    template <class R>
    constexpr bool operator()(R&& record)
    {
        if constexpr (collectsInPlace<T>) return pushIf(own(static_cast<R&&>(record)), true);
        records_.push_back(own(static_cast<R&&>(record)));
        return true;
    }

    template <class R>
    constexpr bool pushIf(R&& record, bool keep)
        requires(collectsInPlace<T> && holdOf<std::remove_cvref_t<R>>() == Hold::owns)
    {
        if (std::is_constant_evaluated()) {  // clang 14 cannot resize there
            if (keep) records_.push_back(record);
            return true;
        }
        if (size_ == records_.size()) records_.resize(size_ < 32 ? 64 : 2 * size_);
        records_[size_] = record;
        size_ += keep ? 1 : 0;
        return true;
    }

    constexpr std::vector<T> take() &&
    {
        if constexpr (collectsInPlace<T>) {
            if (!std::is_constant_evaluated()) records_.resize(size_);
        }
        return std::move(records_);
    }

    [[nodiscard]] T const* data() const { return records_.data(); }
    [[nodiscard]] std::size_t size() const
    {
        if constexpr (collectsInPlace<T>) return size_;
        else return records_.size();
    }
    /// Keeps the memory.
    void clear()
    {
        if constexpr (!collectsInPlace<T>) records_.clear();
        size_ = 0;
    }

private:
    std::vector<T> records_;
    std::size_t size_ = 0;
};

/// Gathers bool side by side: a std::vector would keep bits.
class BoolSink {
public:
    BoolSink() = default;
    BoolSink(BoolSink&& other) noexcept { records_.swap(other.records_); }
    BoolSink& operator=(BoolSink&& other) noexcept
    {
        records_.swap(other.records_);
        return *this;
    }

    bool operator()(bool record)
    {
        records_.push_back(record);
        return true;
    }
    [[nodiscard]] bool const* data() const { return records_.begin(); }
    [[nodiscard]] std::size_t size() const { return records_.size(); }
    void clear() { records_.clear(); }

private:
    List<bool> records_;
};

/// Gathers records whose structs hold views: as they are, with what they look at in an arena.
template <class T>
class ArenaSink {
public:
    template <class R>
    bool operator()(R&& record)
    {
        records_.push_back(arena_.keep(T(static_cast<R&&>(record))));
        return true;
    }
    [[nodiscard]] T const* data() const { return records_.data(); }
    [[nodiscard]] std::size_t size() const { return records_.size(); }
    /// Keeps the memory.
    void clear()
    {
        records_.clear();
        arena_.clear();
    }

private:
    std::vector<T> records_;
    Arena arena_;
};

/// Gathers records that stay where they are and outlive their batch, to be read in spans.
template <class T>
using KeepSink = std::conditional_t<isBool<T>, BoolSink, std::conditional_t<keptByArena<T>, ArenaSink<T>, CollectSink<T>>>;

/// Whether a record that is pushed as an R can be kept so.
template <class R, class T = std::remove_cvref_t<R>>
inline constexpr bool canStoreRecord = keptByArena<T> ? std::is_convertible_v<R, T> : canKeepRecord<R>;
template <class T>
consteval bool mayStore()
{
    if constexpr (canStore<T>) return true;
    else return mayOutlive<T>();
}

/// The records of all partitions, in their order.
template <class T>
constexpr std::vector<T> concatParts(PerPartition<std::vector<T>>& parts)
{
    std::vector<T> all = std::move(parts[0]);
    for (std::size_t p = 1; p < parts.size(); ++p) {
        if constexpr (std::is_move_assignable_v<T>) {
            all.insert(all.end(), std::move_iterator{parts[p].begin()}, std::move_iterator{parts[p].end()});
        } else {
            for (auto& record : parts[p]) all.push_back(std::move(record));
        }
    }
    return all;
}

struct Collect : ActionBase {
    Label label;

    template <class Up>
    static constexpr bool accepts = canKeepRecord<RecordOf<Up>>;

    template <class Up>
    static consteval void require()
    {
        static_assert(mayOutlive<ValueOf<Up>>(),
                      "sluice::collect(): the records must not be views of a type that the library cannot own: "
                      "map them to one that owns what it shows, or specialise sluice::OwnedAs");
        if constexpr (canOwn<ValueOf<Up>>) {
            static_assert(canKeepRecord<RecordOf<Up>>,
                          "sluice::collect(): the records must be copyable, to be kept beyond the batch");
        }
    }

    template <class S>
    static consteval void misplaced()
    {
        static_assert(isRDD<S>,
                      "sluice::collect(): must stand behind a batch; in a stream write foreachRDD(f), "
                      "and in f: batch | collect()");
    }

    template <class Up>
    constexpr auto run(Up const& up) const
    {
        using T = Owned<ValueOf<Up>>;
        PerPartition<std::vector<T>> parts{up.partitions()};
        forPartitions(up, [&](std::size_t p) {
            CollectSink<T> sink;
            up.each(p, 0, sink);
            parts[p] = std::move(sink).take();
        });
        return concatParts(parts);
    }
};

struct CollectFn : OperatorFnBase {
    [[nodiscard]] constexpr auto operator()(CallSite at = CallSite::here()) const { return Collect{{}, {"collect", at}}; }
};

}  // namespace detail

/// All records in one `std::vector`, in the order of partitions; owned, so that it may outlive the batch: text comes as
/// `std::string`.
///
/// Action, on batches only: in a stream use `foreachRDD`. An empty batch gives an empty vector.
///
/// ```cpp
/// CHECK((rdd({1, 2, 3}, 2) | collect()) == std::vector{1, 2, 3});
/// ```
inline constexpr detail::CollectFn collect{};

}  // namespace sluice::inline SLUICE_ABI
