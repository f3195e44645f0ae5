#include <sluice/batch/pages.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

using namespace sluice::detail;

TEST_CASE("memory begins with a line, and large memory with a page; all of it can be written to")
{
    for (std::size_t const bytes : {std::size_t{1}, std::size_t{4096}, hugePage - 1, hugePage, 3 * hugePage + 5}) {
        void* const pages = allocatePages(bytes);
        CHECK(reinterpret_cast<std::uintptr_t>(pages) % (bytes < hugePage ? 64 : hugePage) == 0);
        std::memset(pages, 1, bytes);
        releasePages(pages, bytes);
    }
}

TEST_CASE("a thread gets again what it gave back, of the same size")
{
    std::size_t const bytes = 2'000'000;
    void* const pages = allocatePages(bytes);
    releasePages(pages, bytes);
    void* const other = allocatePages(bytes + 1);
    CHECK(other != pages);
    void* const same = allocatePages(bytes);
    CHECK(same == pages);
    void* const third = allocatePages(bytes);
    CHECK(third != same);
    releasePages(other, bytes + 1);
    std::thread{[&] {  // a thread that ends keeps nothing
        releasePages(same, bytes);
        CHECK(allocatePages(bytes) == same);
        releasePages(same, bytes);
    }}
        .join();
    releasePages(third, bytes);
}

TEST_CASE("what is given back is kept up to a bound, of many sizes and of large ones")
{
    for (int round = 0; round < 2; ++round) {
        std::vector<std::pair<void*, std::size_t>> all;
        for (std::size_t i = 0; i < 40; ++i) {
            all.emplace_back(allocatePages(1'100'000 + 64 * i), 1'100'000 + 64 * i);
            std::memset(all.back().first, 1, all.back().second);
        }
        for (auto [pages, bytes] : all) releasePages(pages, bytes);
    }
    for (std::size_t const bytes : {std::size_t{200} << 20, std::size_t{100} << 20, std::size_t{300} << 20}) {
        for (int i = 0; i < 3; ++i) releasePages(allocatePages(bytes), bytes);
    }
}

TEST_CASE("a vector grows in them")
{
    std::vector<std::uint64_t, PageAllocator<std::uint64_t>> numbers;
    for (std::uint64_t i = 0; i < 600'000; ++i) numbers.push_back(i);
    std::uint64_t sum = 0;
    for (auto const number : numbers) sum += number;
    CHECK(sum == 600'000ULL * 599'999 / 2);
    CHECK(reinterpret_cast<std::uintptr_t>(numbers.data()) % hugePage == 0);
}
