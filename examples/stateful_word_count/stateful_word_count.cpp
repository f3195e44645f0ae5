// Running counts of words, kept in two ways: updateStateByKey gives all counts in every batch, mapWithState what a record has
// changed, and all counts on demand.

#include <sluice/sluice.hpp>

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

int main()
{
    IntervalClock clock{1s};
    RDDQueue<std::string> lines;
    auto const words = queueStream(clock, lines) | flatMap(split()) | map([](std::string_view word) { return std::pair{word, 1}; });

    // Every key is visited in every batch: a word that is not said any more counts down, and is forgotten.
    auto const fading = [](std::vector<int> const& ones, std::optional<int> before) noexcept -> std::optional<int> {
        int const next = before.value_or(0) + (ones.empty() ? -1 : static_cast<int>(ones.size()));
        return next > 0 ? std::optional{next} : std::nullopt;
    };
    words | updateStateByKey(fading) | named("fading counts") | transform([](auto counts) { return counts | sortByKey(true, 1); }) |
        print();

    // Only keys with data are visited. The state is touched in place; a new record for each one goes on.
    auto const running = [](std::string_view word, std::optional<int> one, State<int>& seen) {
        seen.update(seen.getOption().value_or(0) + one.value_or(0));
        return std::pair{word, seen.get()};
    };
    auto const counted = words | mapWithState(StateSpec{running}) | named("running counts");
    counted | transform([](auto counts) { return counts | sortBy([](auto const& word, int n) { return std::pair{word, n}; }, true, 1); }) |
        foreachRDD([](auto said) {
            std::printf("said:");
            for (auto const& [word, n] : said | collect()) std::printf("  %s %d", word.c_str(), n);
            std::puts("");
        });
    counted | stateSnapshots() | foreachRDD([](auto all) { std::printf("words so far: %lld\n\n", static_cast<long long>(all | count())); });

    clock.poll(Time{0s});
    char const* const said[] = {"to be or not to be", "that is to be", ""};
    for (int i = 0; i < 3; ++i) {
        lines.push({said[i]});
        clock.poll(Time{0s} + (i + 1) * 1s);
    }
}
