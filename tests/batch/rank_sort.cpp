#include <sluice/batch/rank_sort.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

using sluice::detail::rankSort;

namespace {

template <class Payload>
struct Item {
    std::uint64_t rank;
    Payload at;
};

template <class Payload, class Next>
void checkSorts(Next const& next)
{
    using T = Item<Payload>;
    std::mt19937_64 random{3};
    for (std::size_t size : {0U, 1U, 2U, 47U, 48U, 49U, 300U, 511U, 512U, 5000U, 16384U, 16385U, 60'000U}) {
        std::vector<T> items(size);
        for (std::size_t i = 0; i < size; ++i) items[i] = {next(random, i), static_cast<Payload>(i)};
        auto expected = items;
        std::stable_sort(expected.begin(), expected.end(), [](T const& a, T const& b) { return a.rank < b.rank; });
        std::vector<T> room(size);
        rankSort(items.data(), room.data(), size, [](T const& item) { return item.rank; });
        bool const same = std::equal(items.begin(), items.end(), expected.begin(),
                                     [](T const& a, T const& b) { return a.rank == b.rank && a.at == b.at; });
        CHECK(same);
    }
}

template <class Next>
void checkSortsAll(Next const& next)
{
    checkSorts<std::size_t>(next);
    checkSorts<std::uint8_t>([&](auto& random, std::size_t i) { return next(random, i); });
}

}  // namespace

TEST_CASE("numbers that are spread over all")
{
    checkSortsAll([](auto& random, std::size_t) { return random(); });
}

TEST_CASE("numbers in order, and the other way round")
{
    checkSortsAll([](auto&, std::size_t i) { return std::uint64_t{i}; });
    checkSortsAll([](auto&, std::size_t i) { return ~std::uint64_t{i} * 3; });
}

TEST_CASE("few numbers, and one alone: what is equal stays in its order")
{
    checkSortsAll([](auto& random, std::size_t) { return random() % 7; });
    checkSortsAll([](auto& random, std::size_t) { return random() % 1500 << 40; });
    checkSortsAll([](auto&, std::size_t) { return ~std::uint64_t{0}; });
}

TEST_CASE("numbers that begin alike, nearly all, and that differ at both ends")
{
    checkSortsAll([](auto& random, std::size_t i) { return i % 1000 == 0 ? random() : random() % 100'000; });
    checkSortsAll([](auto& random, std::size_t) { return (random() % 2 << 63) | random() % 5000; });
    checkSortsAll([](auto& random, std::size_t) { return std::uint64_t{1} << random() % 64; });
}
