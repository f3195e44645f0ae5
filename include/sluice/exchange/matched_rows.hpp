#pragma once

#include <sluice/batch/key_index.hpp>

#include <utility>

namespace sluice::inline SLUICE_ABI::detail {

/// Which rows of two sides have one key: the right side goes into an index, where the left side is looked for. While one row waits for its
/// slot, and then for the row that this names, those behind it are asked for (group prefetching, S. Chen, A. Ailamaki et al., "Improving
/// hash join performance through prefetching", ICDE 2004). Rows stay where they are: they are told by number, and keys by functions of it.
///
/// One after the other: begin(), enterRight(), find() or findOrEnter() of the left side, arrange(), then what stands there.
class MatchedRows {
public:
    static constexpr std::uint32_t none = KeyIndex::none;

    /// The rows of one key.
    struct Group {
        std::uint32_t left;   // the first of them on the left, or none
        std::uint32_t right;  // the first of them on the right, or none
        std::size_t end;      // how many rows on the left are of this group or of one before it
    };
    /// A row on the left, and its group.
    struct Match {
        std::uint32_t left;
        std::uint32_t group;
    };

    /// So many rows are to come.
    void begin(std::size_t left, std::size_t right);

    template <class RightKey>
    void enterRight(RightKey const& rightKey)
    {
        blockwise(right_, rightKey, rightKey, [&](std::uint32_t row, std::uint32_t tag) {
            firsts_[row] = index_.findOrInsert(tag, row, [&](std::uint32_t other) { return sameKey(rightKey(other), rightKey(row)); });
            repeats_ = repeats_ || firsts_[row] != row;
        });
    }

    /// Of the left side those rows whose key is on the right. Without branches that nobody could predict: a slot that is free says that a
    /// key is not there, and hardly any other is not its key's.
    template <class LeftKey, class RightKey, class Prefetch>
    void find(LeftKey const& leftKey, RightKey const& rightKey, Prefetch const& prefetchRight)
    {
        if (index_.size() == 0) return;
        std::uint32_t tags[block];
        std::uint32_t likely[block];
        for (std::size_t begin = 0; begin < left_; begin += block) {
            auto const size = left_ - begin < block ? left_ - begin : block;
            for (std::size_t i = 0; i < size; ++i) {
                auto&& key = leftKey(begin + i);
                tags[i] = index_.tagFor(tagOfKey(key), key);
                index_.prefetch(tags[i]);
            }
            std::size_t waiting = 0;
            for (std::size_t i = 0; i < size; ++i) {
                likely[waiting] = static_cast<std::uint32_t>(i);
                waiting += index_.likely(tags[i]) != none ? 1 : 0;
            }
            for (std::size_t k = 0; k < waiting; ++k) prefetchRight(index_.likely(tags[likely[k]]));
            for (std::size_t k = 0; k < waiting; ++k) {
                auto const row = begin + likely[k];
                auto&& key = leftKey(row);
                auto const number = index_.find(tags[likely[k]], [&](std::uint32_t other) { return sameKey(rightKey(other), key); });
                matches_[found_] = {static_cast<std::uint32_t>(row), number};
                found_ += number != none ? 1 : 0;
            }
        }
    }

    /// Of the left side all rows.
    template <class Key, class LeftKey, class RightKey>
    void findOrEnter(LeftKey const& leftKey, RightKey const& rightKey)
    {
        auto const keyOf = [&](std::uint32_t number) -> Key {
            return number < right_ ? Key(rightKey(number)) : Key(leftKey(number - right_));
        };
        blockwise(left_, leftKey, keyOf, [&](std::uint32_t row, std::uint32_t tag) {
            auto&& key = leftKey(row);
            auto const number = index_.findOrInsert(tag, static_cast<std::uint32_t>(right_) + row, [&](std::uint32_t other) {
                return other < right_ ? sameKey(rightKey(other), key) : sameKey(leftKey(other - right_), key);
            });
            matches_[found_++] = {row, number};
        });
    }

    /// Puts the groups in the order of their first rows on the left; those that have none stand behind them, in the order of their first rows
    /// on the right, or, where they are not wanted, nowhere.
    void arrange(bool alsoRightAlone);

    [[nodiscard]] std::size_t size() const { return groups_; }
    [[nodiscard]] Group const& group(std::size_t g) const { return all_[g]; }
    [[nodiscard]] std::size_t matches() const { return found_; }

    /// place(row, i) for the rows of the left side that have a group: they are to stand group by group, and row is the one at i.
    template <class Place>
    void eachLeft(Place&& place)
    {
        for (std::size_t m = 0; m < found_; ++m) place(matches_[m].left, all_[matches_[m].group].end++);
    }

    /// Whether a key is on the right more than once. If not, row `right` of a group is its only one.
    [[nodiscard]] bool repeats() const { return repeats_; }
    /// If so, the same for the right side, by whose first rows the others are told.
    template <class Place>
    void eachRight(Place&& place)
    {
        for (std::uint32_t row = 0; row < right_; ++row) place(row, spans_[firsts_[row]].end++);
    }
    struct Span {
        std::uint32_t end;
        std::uint32_t size;
    };
    [[nodiscard]] Span spanOf(std::uint32_t first) const { return spans_[first]; }

    void clear() noexcept;

private:
    static constexpr std::size_t block = 64;
    static constexpr std::size_t fewRows = std::size_t{1} << 14;

    template <class KeyAt, class KeyOf, class Enter>
    void blockwise(std::size_t rows, KeyAt const& keyAt, KeyOf const& keyOf, Enter const& enter)
    {
        std::uint32_t tags[block];
        for (std::size_t begin = 0; begin < rows; begin += block) {
            auto const size = rows - begin < block ? rows - begin : block;
            index_.reserve(index_.size() + size, keyOf);
            for (std::size_t i = 0; i < size; ++i) {
                auto&& key = keyAt(static_cast<std::uint32_t>(begin + i));
                tags[i] = index_.tagFor(tagOfKey(key), key);
                index_.prefetch(tags[i]);
            }
            for (std::size_t i = 0; i < size; ++i) enter(static_cast<std::uint32_t>(begin + i), tags[i]);
        }
    }

    KeyIndex index_;  // a row on the right by its number, one on the left behind these
    std::size_t left_ = 0;
    std::size_t right_ = 0;
    std::size_t found_ = 0;
    std::size_t groups_ = 0;
    bool repeats_ = false;
    PageVector<std::uint32_t> firsts_;   // of each row on the right the first one with its key
    PageVector<Match> matches_;          // before arrange() with the numbers of keys
    PageVector<std::uint32_t> groupOf_;  // by the numbers of keys
    PageVector<Group> all_;
    PageVector<Span> spans_;
};

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/exchange/matched_rows.ipp>
#endif
