#pragma once

#include <sluice/batch/key.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// How far the keys of a table with open addressing stand from where their hashes put them. With hashes like random numbers, in a
/// table that is half full, that is half a slot on average, and hardly ever a hundred. A table that is much more crowded than that
/// has met keys that were chosen for it, or that came in the order of their hashes: it takes another seed, and hashes its keys
/// with that. So no keys make it quadratic. Where a key stands in a table shows in no result.
class Crowding {
public:
    /// Shorter distances count for nothing, so that they cost nothing.
    static constexpr std::size_t near = 8;

    /// One more key, which is not near: whether they crowd now.
    [[gnu::cold]] bool add(std::size_t distance, std::size_t keys) noexcept;
    /// One less, or nearer.
    void remove(std::size_t distance) noexcept { sum_ -= distance < sum_ ? distance : sum_; }

    /// 0: keys stand where hashOf puts them.
    [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }

    /// All keys will be put anew, with this seed. A tolerance of more than 1 is for keys that have one hash with all seeds.
    void restart(std::uint64_t seed, std::size_t tolerance = 1) noexcept
    {
        sum_ = 0;
        tolerance_ = tolerance;
        seed_ = seed;
        far_ = false;
    }
    /// Another seed, which nobody outside the process knows: it comes of an address.
    [[nodiscard]] std::uint64_t another(void const* somewhere) const noexcept
    {
        return hashWord(reinterpret_cast<std::uintptr_t>(somewhere) ^ seed_) | 1;
    }

private:
    std::size_t sum_ = 0;
    std::size_t tolerance_ = 1;
    std::uint64_t seed_ = 0;
    bool far_ = false;
};

/// What stands for a key in a table that has a seed.
template <class K>
SLUICE_COLD std::uint32_t seededTag(K const& key, std::uint64_t seed) noexcept
{
    return tagOfKey(key, seed);
}

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/batch/crowding.ipp>
#endif
