#include <sluice/batch/call_site.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/fold.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/take.hpp>

#include "../verify.hpp"

#include <string_view>

using namespace sluice;

namespace {

constexpr auto f = [](int x) { return x; };
constexpr auto g = [](int a, int) { return a; };

constexpr bool isFrom(Label const& label, std::string_view kind, int line)
{
    return label.kind == kind && label.at.line == line && label.name == nullptr;
}

constexpr CallSite defaulted(CallSite at = CallSite::here()) { return at; }

}  // namespace

TEST_CASE("here() is the line of the call")
{
    VERIFY(CallSite::here().line == __LINE__);
    VERIFY(defaulted().line == __LINE__);
    CHECK(std::string_view{defaulted().file} == __FILE__);
    CHECK(std::string_view{defaulted().function}.find("DOCTEST_ANON_FUNC") != std::string_view::npos);
    VERIFY(CallSite{}.line == 0);
}

TEST_CASE("every operator knows its kind and the user's line")
{
    VERIFY(isFrom(map(f).label, "map", __LINE__));
    VERIFY(isFrom(filter(f).label, "filter", __LINE__));
    VERIFY(isFrom(flatMap(f).label, "flatMap", __LINE__));
    VERIFY(isFrom(mapValues(f).label, "mapValues", __LINE__));
    VERIFY(isFrom(count().label, "count", __LINE__));
    VERIFY(isFrom(reduce(g).label, "reduce", __LINE__));
    VERIFY(isFrom(fold(0, g).label, "fold", __LINE__));
    VERIFY(isFrom(collect().label, "collect", __LINE__));
    VERIFY(isFrom(take(1).label, "take", __LINE__));
    VERIFY(isFrom(foreach (f).label, "foreach", __LINE__));
}

TEST_CASE("a place may be handed in") { VERIFY(isFrom(map(f, CallSite{"elsewhere.cpp", 7, "run"}).label, "map", 7)); }

TEST_CASE("operators of several lines know where each begins")
{
    constexpr auto pipeline = map(f) |  // here
                              filter(f);
    static_assert(boost::hana::at_c<0>(pipeline.ops).label.at.line + 1 == boost::hana::at_c<1>(pipeline.ops).label.at.line);
}
