#include <sluice/batch/sink.hpp>
#include <sluice/batch/slab.hpp>

#include "../verify.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using namespace sluice::detail;

TEST_CASE("things keep their numbers and places, and are visited in the order of numbers")
{
    std::minstd_rand random{3};
    Slab<std::string> slab;
    std::map<std::uint32_t, std::string> known;
    std::map<std::uint32_t, std::string const*> places;
    for (int step = 0; step < 30000; ++step) {
        if (known.empty() || random() % 100 < (step / 5000 % 2 == 0 ? 70U : 35U)) {
            auto const text = "a text that is no short one " + std::to_string(step);
            auto const number = slab.add([&] { return text; });
            CHECK_FALSE(known.contains(number));
            known[number] = text;
            places[number] = &slab[number];
        } else {
            auto one = known.lower_bound(static_cast<std::uint32_t>(random()) % slab.end());
            if (one == known.end()) one = known.begin();
            slab.remove(one->first);
            CHECK_FALSE(slab.has(one->first));
            known.erase(one);
        }
        if (step % 997 != 0) continue;
        CHECK(slab.size() == known.size());
        auto next = known.begin();
        slab.eachRun([&](std::uint32_t number, std::string const* things, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i, ++next) {
                CHECK(next->first == number + i);
                CHECK(next->second == things[i]);
                CHECK(places[next->first] == things + i);
                CHECK(slab.has(next->first));
            }
        });
        CHECK(next == known.end());
    }
}

TEST_CASE("spans begin behind what was taken, and stop where no more is wanted")
{
    Slab<int> slab;
    for (int i = 0; i < 3000; ++i) slab.add([i] { return i; });
    for (std::uint32_t number = 0; number < 3000; number += 7) slab.remove(number);
    std::vector<int> left;
    for (int i = 0; i < 3000; ++i) {
        if (i % 7 != 0) left.push_back(i);
    }
    for (std::size_t from = 0; from <= left.size() + 1; from += 131) {
        for (std::size_t wanted : {std::size_t{1}, std::size_t{100}, std::size_t{100000}}) {
            std::vector<int> got;
            auto const at = slab.eachSpan(from, [&](int const* things, std::size_t n) {
                auto const take = std::min(n, wanted - got.size());
                got.insert(got.end(), things, things + take);
                return Taken{take, got.size() < wanted};
            });
            auto const begin = std::min(from, left.size());
            auto const count = std::min(wanted, left.size() - begin);
            CHECK(got.size() == count);
            CHECK(std::equal(got.begin(), got.end(), left.begin() + static_cast<std::ptrdiff_t>(begin)));
            CHECK(at == from + count);
        }
    }
}

TEST_CASE("what cannot be made leaves all as it was")
{
    Slab<int> slab;
    for (int i = 0; i < 1024; ++i) slab.add([i] { return i; });
    CHECK_THROWS_AS(slab.add([]() -> int { throw std::runtime_error{"no"}; }), std::runtime_error);
    CHECK(slab.size() == 1024);
    slab.remove(5);
    CHECK_THROWS_AS(slab.add([]() -> int { throw std::runtime_error{"no"}; }), std::runtime_error);
    CHECK(slab.size() == 1023);
    CHECK_FALSE(slab.has(5));
    CHECK(slab.add([] { return 50; }) == 5);
    CHECK(slab.add([] { return 60; }) == 1024);
    CHECK(slab.end() == 1025);
}

TEST_CASE("to grow moves nothing, and memory is used again")
{
    Slab<std::string> slab;
    for (int i = 0; i < 5000; ++i) slab.add([] { return std::string(40, 'x'); });
    auto const bytes = slab.bytes();
    for (int round = 0; round < 10; ++round) {
        for (std::uint32_t i = 0; i < 5000; ++i) slab.remove(i);
        for (int i = 0; i < 5000; ++i) slab.add([] { return std::string(40, 'y'); });
    }
    CHECK(slab.bytes() == bytes);
    CHECK(slab.end() == 5000);
    slab.clear();
    CHECK(slab.size() == 0);
    CHECK_FALSE(slab.has(0));
}

TEST_CASE("what is left takes the first numbers, in its order, and the memory of the rest goes")
{
    Slab<std::string> slab;
    for (int i = 0; i < 5000; ++i) slab.add([&] { return "a text that is no short one " + std::to_string(i); });
    for (std::uint32_t number = 0; number < 5000; ++number) {
        if (number % 100 != 7) slab.remove(number);
    }
    auto const bytes = slab.bytes();
    std::vector<std::uint32_t> old;
    slab.compact([&](std::uint32_t from, std::uint32_t to) {
        CHECK(to == old.size());
        old.push_back(from);
    });
    CHECK(slab.size() == 50);
    CHECK(slab.end() == 50);
    CHECK(slab.bytes() < bytes / 10);
    for (std::uint32_t i = 0; i < 50; ++i) {
        CHECK(old[i] == 100 * i + 7);
        CHECK(slab[i] == "a text that is no short one " + std::to_string(old[i]));
    }
    CHECK(slab.add([] { return std::string{"one more"}; }) == 50);
}

namespace {

/// May throw when it is copied, and is not moved.
struct Heavy {
    int value;
    static inline int left = 1000;
    explicit Heavy(int v) : value(v) {}
    Heavy(Heavy const& other) : value(other.value)
    {
        if (--left == 0) throw std::runtime_error{"no more"};
    }
};

}  // namespace

TEST_CASE("where one of them cannot be copied all stay where they are")
{
    Slab<Heavy> slab;
    for (int i = 0; i < 2000; ++i) slab.add([&] { return Heavy{i}; });
    for (std::uint32_t number = 0; number < 2000; number += 2) slab.remove(number);
    Heavy::left = 500;
    CHECK_THROWS_AS(slab.compact([](std::uint32_t, std::uint32_t) {}), std::runtime_error);
    CHECK(slab.size() == 1000);
    for (std::uint32_t number = 1; number < 2000; number += 2) CHECK(slab[number].value == static_cast<int>(number));
    slab.compact([](std::uint32_t, std::uint32_t) {});
    CHECK(slab.end() == 1000);
    CHECK(slab[999].value == 1999);
}

TEST_CASE("numbers that are free are told in the order in which they come again, the last first")
{
    Slab<std::string> slab;
    for (int i = 0; i < 1500; ++i) slab.add([] { return std::string{"a text"}; });
    for (std::uint32_t const number : {7U, 1499U, 3U, 1200U}) slab.remove(number);
    std::vector<std::uint32_t> const free{slab.freed().begin(), slab.freed().end()};
    CHECK(free == std::vector<std::uint32_t>{7, 1499, 3, 1200});
    for (auto i = free.size(); i-- > 0;) CHECK(slab.add([] { return std::string{"another"}; }) == free[i]);
}
