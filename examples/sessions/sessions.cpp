// Sessions of a stream of clicks: a visitor's clicks belong together until there is none for ten seconds. What comes out is
// each session when it is over.

#include <sluice/sluice.hpp>

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

struct Session {
    Time begin;
    Time last;
    std::vector<std::string> pages;
};

/// A click goes into its visitor's session; the session that is over goes on.
std::optional<std::pair<std::string, Session>> follow(Time t, std::string_view visitor, std::optional<std::string_view> page,
                                                      State<Session>& session)
{
    if (session.isTimingOut()) return std::pair{std::string(visitor), session.get()};
    auto next = session.getOption().value_or(Session{t, t, {}});
    next.last = t;
    next.pages.emplace_back(*page);
    session.update(std::move(next));
    return std::nullopt;
}

}  // namespace

int main()
{
    IntervalClock clock{5s};
    RDDQueue<std::string> log;

    queueStream(clock, log) | map([](std::string const& line) {
        auto const space = line.find(' ');
        return std::pair{std::string_view(line).substr(0, space), std::string_view(line).substr(space + 1)};
    }) | mapWithState(StateSpec{follow}.timeout(10s)) |
        named("sessions") | foreachRDD([](auto over, Time t) {
            for (auto const& [visitor, session] : over | collect()) {
                std::printf("%2lld s: %s was there from %lld s to %lld s:", static_cast<long long>(t.milliseconds() / 1000),
                            visitor.c_str(), static_cast<long long>(session.begin.milliseconds() / 1000),
                            static_cast<long long>(session.last.milliseconds() / 1000));
                for (auto const& page : session.pages) std::printf(" %s", page.c_str());
                std::puts("");
            }
        });

    std::vector<std::vector<std::string>> const clicks{
        {"ann /", "bob /", "ann /shoes"}, {"ann /shoes/7"}, {}, {"bob /"}, {"bob /hats"}, {}, {}, {"ann /"}, {}, {}, {}};
    clock.poll(Time{0s});
    for (std::size_t i = 0; i < clicks.size(); ++i) {
        log.push(clicks[i]);
        clock.poll(Time{0s} + static_cast<int>(i + 1) * 5s);
    }
}
