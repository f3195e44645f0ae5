#include <sluice/batch/chain.hpp>

#include "../verify.hpp"

#include <string_view>
#include <vector>

using namespace sluice::detail;

namespace {

template <class V>
std::vector<V> valuesOf(Chain<V> const& chain)
{
    std::vector<V> values;
    for (auto const& value : chain) values.push_back(value);
    return values;
}

}  // namespace

TEST_CASE("a chain has its values in the order in which they came")
{
    Arena arena;
    Chain<int> chain;
    CHECK(chain.empty());
    CHECK(valuesOf(chain).empty());
    std::vector<int> expected;
    for (int i = 0; i < 100'000; ++i) {
        chain.add(arena, i);
        expected.push_back(i);
        if (i % 3 == 0) static_cast<void>(arena.take(static_cast<std::size_t>(i % 11)));  // others take bytes between
    }
    CHECK(!chain.empty());
    CHECK(valuesOf(chain) == expected);
}

TEST_CASE("chains are put together, whichever is empty, and go on")
{
    Arena arena;
    Chain<std::string_view> a;
    Chain<std::string_view> b;
    Chain<std::string_view> const none;
    a.append(none);
    CHECK(a.empty());
    b.add(arena, "b");
    b.add(arena, "c");
    a.append(b);
    a.append(none);
    a.add(arena, "d");
    CHECK(valuesOf(a) == std::vector<std::string_view>{"b", "c", "d"});
}

TEST_CASE("what an arena gives aligned is aligned, and of its own")
{
    Arena arena;
    for (int round = 0; round < 2; ++round) {
        for (std::size_t i = 0; i < 20'000; ++i) {
            char* const bytes = arena.take(i % 9);
            for (std::size_t k = 0; k < i % 9; ++k) bytes[k] = 'x';
            void* const at = arena.takeAligned(24);
            REQUIRE(reinterpret_cast<std::uintptr_t>(at) % Arena::alignment == 0);
            static_cast<std::size_t*>(at)[0] = i;
            REQUIRE(static_cast<std::size_t*>(at)[0] == i);
        }
        arena.clear();
    }
}
