#include <sluice/batch/radix_sort.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

TEST_CASE("items of any number and bound are in order, equal ones in that in which they came")
{
    std::mt19937_64 random{5};
    sluice::detail::List<std::uint64_t> room;
    for (std::size_t const n : {0U, 1U, 2U, 63U, 64U, 65U, 1000U, 20'000U}) {
        for (std::uint32_t const bound : {1U, 2U, 2048U, 2049U, 1U << 22, (1U << 22) + 1, ~0U}) {
            sluice::detail::List<std::uint64_t> items;
            for (std::size_t i = 0; i < n; ++i) items.push_back(random() % bound << 32 | i);
            std::vector<std::uint64_t> expected(items.begin(), items.end());
            std::sort(expected.begin(), expected.end());  // by position, where numbers are the same
            sluice::detail::radixSort(items, room, bound);
            CHECK(std::equal(expected.begin(), expected.end(), items.begin(), items.end()));
        }
    }
}
