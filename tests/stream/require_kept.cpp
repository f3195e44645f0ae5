#include <sluice/operators/count_by_window.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/outputs/print.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/queue_stream.hpp>
#include <sluice/stream/require_kept.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

struct Part final : detail::CheckpointedPart {
    Part(char const* kind, std::string name) : label_{kind, {}}, name_(std::move(name)) {}

    [[nodiscard]] Label const& label() const override { return label_; }
    [[nodiscard]] std::string name() const override { return name_; }
    void open(Time, std::string_view, std::string_view) override {}
    void load(std::string_view, std::string_view) override {}
    void save(Time, bool, detail::CheckpointSink&) override {}

private:
    Label label_;
    std::string name_;
};

std::string refusal(IntervalClock const& clock, std::vector<detail::CheckpointedPart const*> const& parts)
{
    try {
        detail::requireAllKept(*clock.core(), Label{"keep"}, parts);
    } catch (IllegalState const& error) {
        return error.what();
    }
    return "nothing";
}

}  // namespace

TEST_CASE("what lasts is kept, what is kept has a name, and no two have one: all that lack it are listed")
{
    IntervalClock clock{1s};
    Part const a{"map", "a"};
    Part const b{"filter", "b"};
    CHECK(refusal(clock, {}) == "nothing");
    CHECK(refusal(clock, {&a, &b}) == "nothing");
    Part const none{"glom", ""};
    CHECK(refusal(clock, {&a, &none, &none}) ==
          "sluice::keep: what is kept is found again by its name: write `| named(\"…\")` behind sluice::glom, sluice::glom");
    Part const again{"count", "a"};
    CHECK(refusal(clock, {&a, &b, &again}) ==
          "sluice::keep: sluice::map and sluice::count are both known as \"a\": give one of them another name");
    queueStream(clock, RDDQueue<int>{}, true, CallSite{}) | countByWindow(2s, 1s, CallSite{}) | print(10, CallSite{});
    CHECK(refusal(clock, {&a}) ==
          "sluice::keep: what later batches depend on must be kept, too: write `| named(\"…\") | checkpoint()` behind "
          "sluice::countByWindow");
}
