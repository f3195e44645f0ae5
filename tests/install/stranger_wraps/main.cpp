#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <sluice/operators/map.hpp>
#include <sluice/operators/sum.hpp>
#include <sluice/ranges.hpp>

#include <doctest/doctest.h>
#include <range/v3/view/iota.hpp>

TEST_CASE("a view is a batch")
{
    using namespace sluice;
    CHECK((fromRange(ranges::views::iota(1, 4)) | map([](int x) { return x * x; }) | sum()) == 14);
}
