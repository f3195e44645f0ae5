#include <sluice/runtime/lateness.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// The batches of an interval of one second that are told, of those that begin so many milliseconds late.
std::vector<int> told(std::vector<int> const& late)
{
    detail::Lateness lateness{1s};
    std::vector<int> batches;
    for (std::size_t i = 0; i < late.size(); ++i) {
        if (lateness.grows(Time{static_cast<int>(i + 1) * 1s}, late[i] * 1ms)) batches.push_back(static_cast<int>(i + 1));
    }
    return batches;
}

/// n batches, each of which takes so many milliseconds, which come every second.
std::vector<int> queued(int n, int takes)
{
    std::vector<int> late;
    for (int i = 0; i < n; ++i) late.push_back(i * (takes - 1000));
    return late;
}

using Batches = std::vector<int>;

}  // namespace

TEST_CASE("batches that begin in time are not told of")
{
    CHECK(told(std::vector<int>(100, 0)).empty());
    CHECK(told(std::vector<int>(100, 999)).empty());
    CHECK(told(queued(100, 1009)).empty());
}

TEST_CASE("that they begin later and later is told, and again when it has doubled")
{
    // late by 1 s in the third, and growing by 500 ms: 3 s in the seventh, 6 s in the 13th, 12 s in the 25th, 24 s in the 49th
    CHECK(told(queued(60, 1500)) == Batches{7, 13, 25, 49});
    CHECK(told(queued(10, 11000)) == Batches{6});
}

TEST_CASE("one slow batch is no growth: those behind it catch up")
{
    CHECK(told({0, 0, 9000, 8200, 7400, 6600, 5800, 5000, 4200, 3400, 2600, 1800, 1000, 200, 0}).empty());
}

TEST_CASE("lateness that stays is no growth") { CHECK(told(std::vector<int>(100, 30000)).empty()); }

TEST_CASE("growth with ups and downs is growth")
{
    std::vector<int> late;
    for (int i = 0; i < 30; ++i) late.push_back(1000 + 300 * i - (i % 3 == 2 ? 700 : 0));
    auto const batches = told(late);
    REQUIRE(!batches.empty());
    CHECK(batches[0] < 20);
}

TEST_CASE("when they have caught up it begins anew")
{
    auto late = queued(8, 1500);
    late.push_back(0);
    auto const again = queued(8, 1500);
    late.insert(late.end(), again.begin(), again.end());
    CHECK(told(late) == Batches{7, 16});
}

TEST_CASE("what is told is one sentence, with how late, and how fast batches are")
{
    std::vector<LogEntry> entries;
    detail::Log log{[&](LogEntry const& entry) { entries.push_back(entry); }};
    detail::Lateness lateness{1s};
    for (int i = 1; i <= 7; ++i) {
        if (lateness.grows(Time{i * 1s}, (i - 1) * 500ms)) lateness.tell(log);
    }
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].level == LogLevel::warning);
    CHECK(entries[0].batchTime == Time{7s});
    CHECK(entries[0].text ==
          "the program falls behind: batches begin later and later, this one 3000 ms after its time; one begins every 1500 ms");
}
