#include <sluice/operators/cogroup.hpp>
#include <sluice/operators/full_outer_join.hpp>
#include <sluice/operators/intersection.hpp>
#include <sluice/operators/join.hpp>
#include <sluice/operators/left_outer_join.hpp>
#include <sluice/operators/right_outer_join.hpp>
#include <sluice/operators/subtract.hpp>
#include <sluice/operators/subtract_by_key.hpp>
#include <sluice/operators/transform_all.hpp>
#include <sluice/operators/transform_with.hpp>
#include <sluice/operators/union_all.hpp>
#include <sluice/operators/union_with.hpp>
#include <sluice/operators/window.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/queue_stream.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace sluice;
using namespace std::chrono_literals;

// Streams that meet have batches at the same times, and belong to one context: else the call refuses them, and says why.

namespace {

template <class Meet>
void refuses(std::string const& name, Meet const& meet)
{
    CAPTURE(name);
    IntervalClock const here{1s};
    IntervalClock const there{1s};
    RDDQueue<std::pair<int, int>> queue;
    // All of one type: each operator is compiled once.
    using Stream = DStream<std::pair<int, int>>;
    Stream const stream = queueStream(here, queue);
    Stream const every2 = stream | window(2s, 2s);
    Stream const other = queueStream(there, queue) | window(2s, 2s);
    auto const said = [&](Stream const& a, Stream const& b) {
        try {
            static_cast<void>(meet(a, b));
        } catch (InvalidArgument const& error) {
            return std::string{error.what()};
        }
        return std::string{"nothing"};
    };
    for (auto const& text : {said(stream, every2), said(every2, stream)}) {
        CAPTURE(text);
        CHECK(text.starts_with("sluice::" + name + " ("));
        CHECK(text.find("the streams have different slide durations: ") != std::string::npos);
        CHECK(text.find("1000 ms") != std::string::npos);
        CHECK(text.find("2000 ms") != std::string::npos);
    }
    auto const text = said(every2, other);
    CAPTURE(text);
    CHECK(text.starts_with("sluice::" + name + " ("));
    CHECK(text.find("different contexts") != std::string::npos);
    CHECK(said(every2, every2) == "nothing");
}

}  // namespace

TEST_CASE("streams of different slide durations, or of different contexts, are refused by each operator of several")
{
    refuses("join", [](auto const& a, auto const& b) { return a | join(b); });
    refuses("leftOuterJoin", [](auto const& a, auto const& b) { return a | leftOuterJoin(b); });
    refuses("rightOuterJoin", [](auto const& a, auto const& b) { return a | rightOuterJoin(b); });
    refuses("fullOuterJoin", [](auto const& a, auto const& b) { return a | fullOuterJoin(b); });
    refuses("cogroup", [](auto const& a, auto const& b) { return a | cogroup(b); });
    refuses("subtractByKey", [](auto const& a, auto const& b) { return a | subtractByKey(b); });
    refuses("subtract", [](auto const& a, auto const& b) { return a | subtract(b); });
    refuses("intersection", [](auto const& a, auto const& b) { return a | intersection(b); });
    refuses("unionWith", [](auto const& a, auto const& b) { return a | unionWith(b); });
    refuses("unionAll", [](auto const& a, auto const& b) { return unionAll(a, b); });
    refuses("transformWith", [](auto const& a, auto const& b) { return a | transformWith(b, [](auto x, auto) { return x; }); });
    refuses("transformAll", [](auto const& a, auto const& b) { return transformAll(a, b, [](auto x, auto) { return x; }); });
}
