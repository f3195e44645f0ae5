#include <sluice/batch/pages.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
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

TEST_CASE("a vector grows in them")
{
    std::vector<std::uint64_t, PageAllocator<std::uint64_t>> numbers;
    for (std::uint64_t i = 0; i < 600'000; ++i) numbers.push_back(i);
    std::uint64_t sum = 0;
    for (auto const number : numbers) sum += number;
    CHECK(sum == 600'000ULL * 599'999 / 2);
    CHECK(reinterpret_cast<std::uintptr_t>(numbers.data()) % hugePage == 0);
}
