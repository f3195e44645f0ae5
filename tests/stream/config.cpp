#include <sluice/stream/config.hpp>

#include <doctest/doctest.h>

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("the settings have the defaults of their documentation")
{
    Config const config;
    CHECK(config.master == "local[2]");
    CHECK(config.appName.empty());
    CHECK(config.receiverMaxRate == 0);
    CHECK(config.defaultParallelism == 0);
    CHECK(config.maxReceivedBytes == 256 << 20);
    CHECK(config.receiverRestartDelay == 2s);
    CHECK(!config.maxReceiverRestartDelay);
    CHECK(config.fileStreamMinRememberDuration == 60s);
    CHECK(config.stopContextByDefault);
    CHECK(!config.gracefulStopTimeout);
    CHECK(config.onBatchFailure.retries == 0);
    CHECK(!config.onBatchFailure.last);
    CHECK(config.catchUp == CatchUp::all);
    CHECK(config.concurrentJobs == 1);
    CHECK(config.retainedBatches == 1000);
    CHECK(!config.clock);
    CHECK(config.exclusive);
    CHECK(!config.log);
    CHECK(!config.onThreadStart);
}

TEST_CASE("settings are given by name, in order")
{
    int told = 0;
    Config const config{.appName = "n", .maxReceivedBytes = 1 << 10, .gracefulStopTimeout = 5s, .log = [&](LogEntry const&) { ++told; }};
    CHECK(config.master == "local[2]");
    CHECK(config.gracefulStopTimeout == 5s);
    config.log({LogLevel::info, {}, {}, "text"});
    CHECK(told == 1);
}
