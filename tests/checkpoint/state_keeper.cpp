#include <sluice/checkpoint/state_keeper.hpp>
#include <sluice/sluice.hpp>

#include "../io/temporary.hpp"
#include "started.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("a state of another type is read where that can be, and refused by its name where it cannot")
{
    Temporary const folder;
    auto const with = [](auto zero) {
        static_cast<void>(zero);
        return [](auto rows) {
            using S = std::remove_cvref_t<decltype(zero)>;
            auto const keep = [](std::string_view, std::optional<std::int64_t>, State<S>& state) {
                state.update(state.getOption().value_or(S{}));
                return 0;
            };
            rows | mapWithState(StateSpec{keep}) | named("state") | checkpoint() | print(0);
        };
    };
    CHECK(started(folder.path("x"), with(std::int32_t{})) == "");
    CHECK(started(folder.path("x"), with(std::int64_t{})) == "");
    CHECK(started(folder.path("x"), with(std::optional<std::int64_t>{})) == "");
    auto const refused = started(folder.path("x"), with(std::string{}));
    CHECK(has(refused, "sluice::mapWithState \"state\" ("));
    CHECK(has(refused, "what " + folder.path("x") + " has of it cannot be used: "));
    CHECK(started(folder.path("x"), with(std::optional<std::int64_t>{})) == "");  // nothing was lost
}

TEST_CASE("time-outs go on from the last touch, in the process before")
{
    Temporary const folder;
    auto const run = [&](Time begin, int batches, bool touch) {
        ManualClock clock{begin};
        StreamingContext ssc{{.master = "inline", .clock = clock, .log = silent}, 1s};
        checkpoint(ssc, folder.path("x"));
        RDDQueue<std::pair<std::string, std::int64_t>> queue;
        if (touch) queue.push({{"a", 1}});
        std::vector<std::int64_t> gone;
        auto const f = [](Time t, std::string_view, std::optional<std::int64_t> value,
                          State<std::int64_t>& state) -> std::optional<std::int64_t> {
            if (state.isTimingOut()) return t.milliseconds();
            state.update(*value);
            return std::nullopt;
        };
        queueStream(ssc, queue) | mapWithState(StateSpec{f}.timeout(5s)) | named("s") | checkpoint() | foreachRDD([&](auto batch) {
            for (auto const t : batch | collect()) gone.push_back(t);
        });
        ssc.start();
        clock.advance(batches * 1s);
        ssc.stop();
        return gone;
    };
    CHECK(run(Time{0s}, 3, true).empty());  // touched at 1 s
    CHECK(run(Time{3s}, 3, false).empty());
    CHECK(run(Time{6s}, 3, false) == std::vector<std::int64_t>{7000});
    CHECK(run(Time{9s}, 9, false).empty());
}
