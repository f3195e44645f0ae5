#include <sluice/stream/clock.hpp>

#include <doctest/doctest.h>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

struct Fixed final : detail::ClockBase {
    Time now() const override { return Time{7s}; }
    void start(Time, Duration, detail::TickHandler&, CatchUp) override {}
    void stop(detail::TickHandler&) override {}
    bool waitUntil(Time, std::stop_token) override { return true; }
};

}  // namespace

TEST_CASE("a clock is a handle: copies are the same clock")
{
    CHECK(!Clock{});
    Clock const clock{detail::makeCounted<Fixed>()};
    Clock const copy = clock;
    CHECK(copy);
    CHECK(copy.now() == Time{7s});
    CHECK(&copy.base() == &clock.base());
    CHECK(!clock.base().manual());
}
