#pragma once

#include <sluice/batch/pages.hpp>

#include <cstdint>
#include <utility>

// Radix partitioning (S. Manegold, P. Boncz, M. Kersten, "Optimizing main-memory join on modern hardware", TKDE 2002): where there are many
// keys, records are dealt out by the first bits of what their keys are hashed to, and those of one part after another meet in a table that
// lies in the cache. Here is what of it knows no type: how rows wait in their parts, and how what was new in each of them comes back into
// the order in which it came.

namespace sluice::inline SLUICE_ABI::detail {

inline constexpr unsigned radixBits = 8;
inline constexpr std::size_t radixParts = std::size_t{1} << radixBits;

/// Memory for at least so many bytes: a power of two, so that who asks again gets what was given back.
class PageBlock {
public:
    PageBlock() = default;
    explicit PageBlock(std::size_t bytes);
    PageBlock(PageBlock&& other) noexcept { swap(other); }
    PageBlock& operator=(PageBlock&& other) noexcept
    {
        PageBlock gone(std::move(other));
        swap(gone);
        return *this;
    }
    ~PageBlock()
    {
        if (data_ != nullptr) releasePages(data_, bytes_);
    }

    [[nodiscard]] unsigned char* data() const { return static_cast<unsigned char*>(data_); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    void swap(PageBlock& other) noexcept
    {
        std::swap(data_, other.data_);
        std::swap(bytes_, other.bytes_);
    }

    void* data_ = nullptr;
    std::size_t bytes_ = 0;
};

/// Rows that wait, each in its part in the order in which they came, in segments of a few cache lines; and the order of all of them, as the
/// numbers of their parts.
class RadixRows {
public:
    static constexpr std::size_t most = std::size_t{1} << 20;

    [[nodiscard]] bool has() const { return head_ != nullptr; }
    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(head_->end - ids()); }
    [[nodiscard]] std::uint8_t const* ids() const { return head_->ids; }

    /// Room for so many rows, whatever their parts.
    void start(std::size_t rows, std::size_t bytesEach);
    void clear() noexcept
    {
        head_ = nullptr;
        block_ = {};
    }

    /// Where the next row of a part goes, and that it lies there: whether there is room for one more of each part.
    [[nodiscard]] void* place(std::size_t part) const { return head_->parts[part].at; }
    bool took(std::size_t part, std::size_t bytesEach)
    {
        auto& [at, count, first] = head_->parts[part];
        at += bytesEach;
        __builtin_prefetch(at + 64, 1);
        *head_->end++ = static_cast<std::uint8_t>(part);
        return ++count % inSegment != 0 || nextSegment(part);
    }

    /// f(rows, n) for the rows of a part, in their order, as they lie side by side: so many at most.
    static constexpr std::size_t inSegment = 64;
    template <class Row, class F>
    [[gnu::always_inline]] void each(std::size_t part, F&& f) const
    {
        std::size_t left = head_->parts[part].count;
        for (auto number = head_->parts[part].first; left > 0; number = head_->next[number]) {
            auto const n = left < inSegment ? left : inSegment;
            left -= n;
            // Segments lie anywhere: no processor guesses which one is next.
            auto const* const soon = segment(left > 0 ? head_->next[number] : head_->parts[(part + 1) % radixParts].first);
            for (std::size_t i = 0; i < inSegment * sizeof(Row); i += 64) __builtin_prefetch(soon + i);
            f(reinterpret_cast<Row*>(segment(number)), n);
        }
    }
    [[nodiscard]] std::uint32_t count(std::size_t part) const { return head_->parts[part].count; }

private:
    struct Part {
        unsigned char* at;
        std::uint32_t count;
        std::uint32_t first;
    };
    struct Head {
        Part parts[radixParts];
        std::uint8_t* end;
        std::uint8_t* ids;
        std::uint32_t* next;
        unsigned char* segments;
        std::size_t bytes;  // of a segment
        std::size_t used, all;
    };

    [[nodiscard]] unsigned char* segment(std::size_t number) const { return head_->segments + number * head_->bytes; }
    bool nextSegment(std::size_t part) noexcept;

    PageBlock block_;
    Head* head_ = nullptr;
};

/// Of rows, or keys, in the order in which they came, whose parts are `ids`: the parts of those that were new, in this order. `isNew` tells
/// it of the rows of part 0, then of part 1, …, of which there are as many as `counts` says. How many they were.
std::size_t partsOfNew(std::uint8_t const* ids, std::size_t size, std::uint8_t const* isNew, std::uint32_t const* counts, std::uint8_t* to);

/// Of a table that is divided, whose parts begin at `begins`: which keys and rows are new where tables meet, and the order of its keys.
struct RadixOrder {
    PageBlock ids;  // the parts of all keys, in the order of their first occurrence
    PageBlock isNew;
    std::uint8_t* nextIsNew[2] = {};  // of its keys, and of its rows: part by part

    /// Where its parts begin, of so many keys.
    void divide(std::size_t size, std::uint32_t* begins) const noexcept;
    /// How many keys and rows it has that are to meet others.
    std::size_t beginMeeting(std::uint32_t const* begins, RadixRows const& rows);
    /// The parts of those that were new go to `to`, which it answers behind them.
    std::uint8_t* endMeeting(std::uint32_t const* begins, RadixRows const& rows, std::uint8_t* to) const noexcept;
};

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/exchange/radix_rows.ipp>
#endif
