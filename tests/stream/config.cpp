#include <sluice/stream/config.hpp>

#include <doctest/doctest.h>

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("the settings have the defaults of their documentation")
{
    Config const config;
    CHECK(config.master == "local[2]");
    CHECK(config.appName.empty());
    CHECK(!config.backpressureEnabled);
    CHECK(!config.backpressureInitialRate);
    CHECK(config.backpressureRateEstimator == "pid");
    CHECK(config.backpressurePidProportional == 1);
    CHECK(config.backpressurePidIntegral == 0.2);
    CHECK(config.backpressurePidDerived == 0);
    CHECK(config.backpressurePidMinRate == 100);
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
    CHECK(!config.maxSchedulingDelay);
    CHECK(config.concurrentJobs == 1);
    CHECK(config.retainedBatches == 1000);
    CHECK(!config.clock);
    CHECK(config.exclusive);
    CHECK(!config.log);
    CHECK(!config.onThreadStart);
}

TEST_CASE("all settings may be given by name, in the order of README's table")
{
    Config const config{.master = "local[3]",
                        .appName = "all",
                        .backpressureEnabled = true,
                        .backpressureInitialRate = 1,
                        .backpressureRateEstimator = "pid",
                        .backpressurePidProportional = 1,
                        .backpressurePidIntegral = 1,
                        .backpressurePidDerived = 1,
                        .backpressurePidMinRate = 1,
                        .receiverMaxRate = 1,
                        .defaultParallelism = 2,
                        .maxReceivedBytes = 3,
                        .receiverRestartDelay = 4s,
                        .maxReceiverRestartDelay = 5s,
                        .stopContextByDefault = false,
                        .gracefulStopTimeout = 6s,
                        .concurrentJobs = 7,
                        .retainedBatches = 8,
                        .fileStreamMinRememberDuration = 9s,
                        .onBatchFailure = retry(1),
                        .catchUp = CatchUp::latest,
                        .maxSchedulingDelay = 10s,
                        .clock = {},
                        .exclusive = false,
                        .log = {},
                        .onThreadStart = {}};
    CHECK(config.master == "local[3]");
    CHECK(config.fileStreamMinRememberDuration == 9s);
    CHECK(config.onBatchFailure.retries == 1);
    CHECK(!config.exclusive);
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
