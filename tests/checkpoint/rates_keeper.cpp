#include <sluice/checkpoint.hpp>
#include <sluice/sluice.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

using Asked = std::vector<std::int64_t>;

/// A source that has as many as it is asked for, up to 5000, and notes how many those were.
struct Plenty {
    Asked* asked;

    auto batch(Time, std::int64_t most)
    {
        asked->push_back(most);
        return rdd(std::vector<int>(static_cast<std::size_t>(std::min<std::int64_t>(most, 5000))));
    }
};

/// A life of so many batches of a second, in which a record takes a millisecond, by a clock that each batch moves that is not of the time
/// before: what the source was asked for.
struct Life {
    Time begin{};
    int batches = 5;
    char const* name = "numbers";
    std::optional<Duration> interval{};
};
Asked live(std::string const& directory, Life const& life, Config config = {.backpressureEnabled = true})
{
    Asked asked;
    ManualClock clock{life.begin};
    config.master = "inline";
    config.clock = clock;
    config.log = silent;
    StreamingContext ssc{std::move(config), 1s};
    checkpoint(ssc, directory, {.interval = life.interval});
    auto const take = foreachRDD([&](auto batch, Time t) {
        auto const size = static_cast<int>((std::move(batch) | collect()).size());
        if (t > life.begin) clock.advance(std::min<Duration>(size * 1ms, 900ms));
    });
    auto numbers = pullStream(ssc, Plenty{&asked});
    if (life.name != nullptr) std::move(numbers) | named(life.name) | take;
    else std::move(numbers) | take;
    ssc.start();
    for (int i = 1; i <= life.batches; ++i) clock.setTime(life.begin + i * 1s);
    ssc.stop({.gracefully = true});
    ssc.awaitTermination();
    return asked;
}

/// Of a process that does not end: what the batches of 1 to 7 s are asked for.
Asked unbroken()
{
    Temporary const folder;
    auto asked = live(folder.path("x"), {.batches = 7});
    CHECK(asked.front() == 100);
    CHECK(asked.back() > 900);
    return asked;
}

}  // namespace

TEST_CASE("a limit goes on where it was, from the first batch after a restart on")
{
    auto const all = unbroken();
    for (auto const interval : {std::optional<Duration>{}, std::optional<Duration>{3s}}) {
        Temporary const folder;
        CHECK(live(folder.path("x"), {.interval = interval}) == Asked(all.begin(), all.begin() + 5));
        auto const second = live(folder.path("x"), {.begin = Time{5s}, .batches = 2, .interval = interval});
        CHECK(second == Asked(all.begin() + 5, all.end()));
    }
}

TEST_CASE("batches of the time without a process are bounded by the limit, and teach nothing")
{
    auto const all = unbroken();
    Temporary const folder;
    live(folder.path("x"), {});
    auto const second = live(folder.path("x"), {.begin = Time{8s}, .batches = 2});  // those of 6 to 8 s, which take no time, and two more
    CHECK(second == Asked{all[5], all[5], all[5], all[5], all[6]});
}

TEST_CASE("what the settings of the new version allow bounds a limit of the one before")
{
    Temporary const folder;
    live(folder.path("x"), {});
    CHECK(live(folder.path("x"), {.begin = Time{5s}, .batches = 1}, {.backpressureEnabled = true, .receiverMaxRate = 300}) == Asked{300});
}

TEST_CASE("an input that has another name, or none, begins anew, and so does one whose limit was given up meanwhile")
{
    auto const all = unbroken();
    Temporary const folder;
    live(folder.path("x"), {});
    CHECK(live(folder.path("x"), {.begin = Time{5s}, .batches = 1}) == Asked{all[5]});
    CHECK(live(folder.path("x"), {.begin = Time{6s}, .batches = 1}, {}) == Asked{INT64_MAX});
    CHECK(live(folder.path("x"), {.begin = Time{7s}, .batches = 1}) == Asked{100});
    live(folder.path("y"), {});
    CHECK(live(folder.path("y"), {.begin = Time{5s}, .batches = 1, .name = "others"}) == Asked{100});
    live(folder.path("z"), {.name = nullptr});
    CHECK(live(folder.path("z"), {.begin = Time{5s}, .batches = 1, .name = nullptr}) == Asked{100});
}

TEST_CASE("a directory tells what the limits are")
{
    auto const all = unbroken();
    Temporary const folder;
    live(folder.path("x"), {});
    auto const rates = stateOf<std::string, detail::LearnedRate>(folder.path("x"), "rates of inputs") | collectAsMap();
    CHECK(rates.size() == 1);
    CHECK(static_cast<std::int64_t>(rates.at("numbers").limit) == all[5]);
    CHECK(!checkpointInfo(folder.path("x")).states.back().isSource());
}
