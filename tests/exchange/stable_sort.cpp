#include <sluice/exchange/stable_sort.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <vector>

using sluice::detail::siftDown;
using sluice::detail::stableSort;

namespace {

struct Item {
    int key;
    int place;
    bool operator==(Item const&) const = default;
};

constexpr auto byKey = [](Item const& a, Item const& b) { return a.key < b.key; };

std::vector<Item> someItems(int size, int keys, std::uint32_t seed)
{
    std::vector<Item> items;
    for (int i = 0; i < size; ++i) {
        seed = seed * 1664525 + 1013904223;
        items.push_back({static_cast<int>(seed >> 8) % keys, i});
    }
    return items;
}

}  // namespace

TEST_CASE("stableSort agrees with std::stable_sort, of any number of items, with many equal ones and few")
{
    for (int size = 0; size < 140; ++size) {
        for (int const keys : {1, 3, 1000}) {
            auto items = someItems(size, keys, static_cast<std::uint32_t>(size * keys));
            auto expected = items;
            std::stable_sort(expected.begin(), expected.end(), byKey);
            stableSort(items, byKey);
            CHECK(items == expected);
        }
    }
    auto many = someItems(20'000, 500, 7);
    auto expected = many;
    std::stable_sort(expected.begin(), expected.end(), byKey);
    stableSort(many, byKey);
    CHECK(many == expected);
    stableSort(many, byKey);  // in order already
    CHECK(many == expected);
    std::reverse(many.begin(), many.end());
    stableSort(many, byKey);
    CHECK(std::is_sorted(many.begin(), many.end(), byKey));
}

TEST_CASE("stableSort asks about each item a few times, and not at all for one")
{
    std::size_t asked = 0;
    auto const counting = [&asked](Item const& a, Item const& b) {
        ++asked;
        return byKey(a, b);
    };
    auto one = someItems(1, 10, 1);
    stableSort(one, counting);
    CHECK(asked == 0);
    auto many = someItems(4096, 1'000'000, 3);
    stableSort(many, counting);
    CHECK(asked < 4096U * 14);
    asked = 0;
    stableSort(many, counting);
    CHECK(asked < 4096U * 3);
}

TEST_CASE("what less throws leaves stableSort")
{
    auto items = someItems(100, 10, 5);
    int left = 150;
    auto const failing = [&left](Item const& a, Item const& b) { return --left == 0 ? throw std::runtime_error{"enough"} : byKey(a, b); };
    CHECK_THROWS_AS(stableSort(items, failing), std::runtime_error);
}

TEST_CASE("siftDown keeps the first item of a heap in front")
{
    for (int size = 1; size < 40; ++size) {
        auto const items = someItems(size, 1000, static_cast<std::uint32_t>(size));
        std::vector<int> heap;
        for (auto const& item : items) heap.push_back(item.key);
        auto expected = heap;
        std::sort(expected.begin(), expected.end());
        constexpr auto less = [](int a, int b) { return a < b; };
        for (auto i = heap.size() / 2; i-- > 0;) siftDown(heap, i, less);
        std::vector<int> taken;
        while (!heap.empty()) {
            taken.push_back(heap.front());
            heap.front() = heap.back();
            heap.pop_back();
            siftDown(heap, 0, less);
        }
        CHECK(taken == expected);
    }
}
