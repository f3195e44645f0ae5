#include <sluice/sluice.hpp>
#include <sluice/state/window_notes.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using namespace sluice;

namespace {

std::vector<std::uint32_t> all(detail::List<std::uint32_t> const& list) { return {list.begin(), list.end()}; }

}  // namespace

TEST_CASE("keys that come are noted with room for all to go, and how few numbers were free")
{
    detail::WindowNotes notes;
    notes.clear(3);
    notes.came(7, 8, 2);
    CHECK(notes.keys.capacity() >= 1 + 8);
    notes.came(5, 8, 1);
    notes.went(7);
    CHECK(all(notes.keys) == std::vector<std::uint32_t>{7, 5, 7});
    CHECK(notes.leastFree == 1);
    notes.clear(4);
    CHECK(notes.keys.empty());
    CHECK(notes.leastFree == 4);
}

TEST_CASE("where keys have other numbers, those that had one are noted, and what is noted has the new ones")
{
    detail::WindowNotes notes;
    constexpr std::uint32_t none = ~std::uint32_t{0};
    detail::Row<std::uint32_t> numbers{5};
    std::uint32_t const now[] = {none, 0, none, 1, 2};
    for (std::size_t i = 0; i < 5; ++i) numbers[i] = now[i];
    for (std::uint32_t const left : {4U, 2U, 1U}) notes.left.push_back(left);
    notes.live.reserve(3);
    notes.renumber(numbers, none);
    CHECK(notes.renumbered);
    CHECK(all(notes.live) == std::vector<std::uint32_t>{1, 3, 4});
    CHECK(all(notes.left) == std::vector<std::uint32_t>{2, 0});
    notes.clear(0);
    CHECK(!notes.renumbered);
    CHECK(notes.live.empty());
}
