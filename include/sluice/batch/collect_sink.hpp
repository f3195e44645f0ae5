#pragma once

#include <sluice/batch/arena.hpp>
#include <sluice/batch/list.hpp>

#include <vector>

// The sinks (sink.hpp) that gather records to outlive their batch.

namespace sluice::inline SLUICE_ABI::detail {

template <class T>
inline constexpr bool collectsInPlace =
    std::is_trivially_copyable_v<T> && std::is_copy_assignable_v<T> && std::is_default_constructible_v<T> && !std::is_same_v<T, bool>;

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

}  // namespace sluice::inline SLUICE_ABI::detail
