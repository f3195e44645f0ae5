#pragma once

#include <sluice/batch/key.hpp>
#include <sluice/batch/pages.hpp>

#include <cstddef>

namespace sluice::inline SLUICE_ABI::detail {

/// Whether keys have a rank: numbers, enums and text.
template <class K>
inline constexpr bool hasRank = isNumberKey<K> || isTextKey<K>;
/// Whether keys of one rank are the same; of texts these are the ones with the same first eight bytes.
template <class K>
inline constexpr bool isRankWhole = isNumberKey<K>;

/// A number for a key, in the order of `before`.
template <class K>
std::uint64_t rankOf(K const& key) noexcept
{
    constexpr std::uint64_t sign = std::uint64_t{1} << 63;
    if constexpr (isTextKey<K>) {
        std::string_view const text = key;
        return __builtin_bswap64(shortTextExactly(text.data(), text.size() < 8 ? text.size() : 8).low);
    } else if constexpr (std::is_enum_v<K>) {
        return rankOf(static_cast<std::underlying_type_t<K>>(key));
    } else if constexpr (std::is_floating_point_v<K>) {
        if (key != key) return ~std::uint64_t{0};
        auto const bits = bitsOf(static_cast<double>(key));
        return (bits & sign) != 0 ? ~bits : bits ^ sign;
    } else if constexpr (std::is_signed_v<K>) {
        return static_cast<std::uint64_t>(static_cast<std::int64_t>(key)) ^ sign;
    } else {
        return static_cast<std::uint64_t>(key);
    }
}

/// Where something stands, and its rank.
struct Ranked {
    std::uint64_t rank;
    std::size_t at;
};

/// Sorts by rank; those of one rank stay in their order. `room` is for them on their way.
void sortByRank(PageVector<Ranked>& items, PageVector<Ranked>& room);

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/batch/rank.ipp>
#endif
