#include <sluice/batch/slack.hpp>

#include <doctest/doctest.h>

using sluice::detail::Slack;

TEST_CASE("memory is given back after eight batches that need less than a sixteenth of it")
{
    Slack slack;
    CHECK(!slack.isFar(1'600'000));
    for (int i = 0; i < 7; ++i) CHECK(!slack.isFar(99'999));
    CHECK(slack.isFar(99'999));
    for (int i = 0; i < 100; ++i) CHECK(!slack.isFar(99'999));
    for (int i = 0; i < 100; ++i) CHECK(slack.isFar(0) == (i == 7));  // what is left is little
}

TEST_CASE("one that needs more in between begins the count anew, and little is never given back")
{
    Slack slack;
    for (int i = 0; i < 100; ++i) CHECK(!slack.isFar(i % 8 == 0 ? 1'600'000 : 0));
    Slack small;
    CHECK(!small.isFar(60'000));
    for (int i = 0; i < 100; ++i) CHECK(!small.isFar(0));
}

TEST_CASE("who knows how much there is says so")
{
    Slack slack;
    for (int i = 0; i < 100; ++i) CHECK(!slack.isFar(10, 60'000));
    for (int i = 0; i < 100; ++i) CHECK(!slack.isFar(100'001, 1'600'000));
    for (int i = 0; i < 7; ++i) CHECK(!slack.isFar(99'999, 1'600'000));
    CHECK(slack.isFar(99'999, 1'600'000));
    for (int i = 0; i < 7; ++i) CHECK(!slack.isFar(99'999, 1'600'000));
    CHECK(slack.isFar(99'999, 1'600'000));  // it was not given back
}

TEST_CASE("one goes on from what another has counted")
{
    Slack slack;
    for (int i = 0; i < 5; ++i) CHECK(!slack.isFar(99'999, 1'600'000));
    Slack later{slack.times()};
    for (int i = 0; i < 2; ++i) CHECK(!later.isFar(99'999, 1'600'000));
    CHECK(later.isFar(99'999, 1'600'000));
}
