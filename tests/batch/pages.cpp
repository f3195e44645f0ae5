#include <sluice/batch/pages.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
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
    PageVector<std::uint64_t> numbers;
    for (std::uint64_t i = 0; i < 600'000; ++i) numbers.push_back(i);
    std::uint64_t sum = 0;
    for (auto const number : numbers) sum += number;
    CHECK(sum == 600'000ULL * 599'999 / 2);
    CHECK(reinterpret_cast<std::uintptr_t>(numbers.data()) % hugePage == 0);
}

namespace {

/// Copied where it is moved by what may throw, which it does where it is told to.
struct Fragile {
    explicit Fragile(std::string with) : text(std::move(with)) {}
    Fragile(Fragile const& other) : text(other.text)
    {
        if (throws && --left == 0) throw std::runtime_error{"no copy"};
    }
    Fragile(Fragile&& other) noexcept(false) : text(std::move(other.text)) {}
    Fragile& operator=(Fragile const&) = delete;

    static inline bool throws = false;
    static inline int left = 0;
    std::string text;
};

}  // namespace

TEST_CASE("what a copy throws while a vector grows leaves it as it was")
{
    PageVector<Fragile> list;
    for (int i = 0; i < 4; ++i) list.push_back(Fragile{std::string(40, static_cast<char>('a' + i))});
    REQUIRE(list.capacity() == 4);
    Fragile::throws = true;
    Fragile::left = 3;
    CHECK_THROWS_AS(list.reserve(5), std::runtime_error);
    Fragile::throws = false;
    REQUIRE(list.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) CHECK(list[i].text == std::string(40, static_cast<char>('a' + i)));
}

TEST_CASE("a vector of what is only moved grows, moves, shrinks and is used again")
{
    PageVector<std::unique_ptr<std::string>> list;
    for (int i = 0; i < 100; ++i) list.push_back(std::make_unique<std::string>(30, static_cast<char>('a' + i % 26)));
    auto other = std::move(list);
    CHECK(other.size() == 100);
    CHECK(*other[99] == std::string(30, static_cast<char>('a' + 99 % 26)));
    other.resize(101);
    CHECK(other.back() == nullptr);
    other.resize(50);
    CHECK(*other.back() == std::string(30, static_cast<char>('a' + 49 % 26)));
    auto const capacity = other.capacity();
    other.clear();
    CHECK(other.empty());
    CHECK(other.capacity() == capacity);
}
