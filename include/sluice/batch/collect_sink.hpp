#pragma once

#include <sluice/batch/arena.hpp>
#include <sluice/batch/list.hpp>

#include <iterator>
#include <vector>

// The sinks (sink.hpp) that gather records to outlive their batch.

namespace sluice::inline SLUICE_ABI::detail {

template <class T>
inline constexpr bool collectsInPlace =
    std::is_trivially_copyable_v<T> && std::is_copy_assignable_v<T> && std::is_default_constructible_v<T> && !std::is_same_v<T, bool>;

/// Moves records behind others.
template <class Records>
constexpr void moveBehind(Records& all, Records&& more)
{
    if constexpr (std::is_move_assignable_v<typename Records::value_type>) {
        all.insert(all.end(), std::move_iterator{more.begin()}, std::move_iterator{more.end()});
    } else {
        for (auto& record : more) all.push_back(std::move(record));
    }
}

/// Gathers owned records. Trivial ones are written into room that is there already, and the end is advanced: `filter`
/// in front of it then needs no branch.
template <class T>
class CollectSink {
public:
    CollectSink() = default;
    /// Into memory that is there already. Trivial records that lie in it are room.
    constexpr explicit CollectSink(std::vector<T>&& reused) : records_(std::move(reused))
    {
        if (!collectsInPlace<T> || std::is_constant_evaluated()) records_.clear();
    }

    template <class R>
    constexpr bool operator()(R&& record)
    {
        if constexpr (collectsInPlace<T>) return pushIf(own(static_cast<R&&>(record)), true);
        records_.push_back(own(static_cast<R&&>(record)));
        return true;
    }

    template <class R>
    [[gnu::always_inline]] constexpr bool pushIf(R&& record, bool keep)
        requires(collectsInPlace<T> && holdOf<std::remove_cvref_t<R>>() == Hold::owns)
    {
        if (std::is_constant_evaluated()) {  // clang 14 cannot resize there
            if (keep) records_.push_back(record);
            return true;
        }
        if (size_ == records_.size()) {
            if (!keep) return true;
            records_ = grown(std::move(records_));
        }
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

    /// What another has gathered, behind its own.
    void append(CollectSink&& other)
    {
        if constexpr (collectsInPlace<T>) records_.resize(size_);
        moveBehind(records_, std::move(other).take());
        size_ = records_.size();
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
    /// With more room. By value: a sink whose address gets out of the loop has its state in memory there, not in registers.
    [[gnu::noinline]] static std::vector<T> grown(std::vector<T> records)
    {
        auto const size = records.size();
        auto const wanted = size < 32 ? 64 : 2 * size;
        auto const there = records.capacity();
        records.resize(size < there && there < wanted ? there : wanted);
        return records;
    }

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
