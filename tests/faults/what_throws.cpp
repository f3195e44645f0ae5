#include <sluice/operators/collect.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/update_state_by_key.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/outputs/print.hpp>
#include <sluice/outputs/save_as_text_files.hpp>
#include <sluice/sources/pull_stream.hpp>
#include <sluice/sources/receiver_stream.hpp>
#include <sluice/sources/text_file_stream.hpp>
#include <sluice/storage.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>

#include <dlfcn.h>

using namespace sluice;
using namespace std::chrono_literals;

// The table "What throws where" of README, a case for each row: what is thrown, its text, operator, line and batch, and what becomes
// of the context; those of SQLite stand in sqlite/sqlite.cpp. The system refuses to make directories where a test says so: this file stands in
// for the function that makes them.

namespace {

std::atomic<int> refusal{0};  // errno of each directory that is to be made

}  // namespace

extern "C" int mkdir(char const* path, mode_t mode) noexcept
{
    using Mkdir = int(char const*, mode_t);
    static auto* const real = reinterpret_cast<Mkdir*>(::dlsym(RTLD_NEXT, "mkdir"));
    if (int const error = refusal.load(); error != 0) {
        errno = error;
        return -1;
    }
    return real(path, mode);
}

namespace {

constexpr CallSite here{"program.cpp", 12, "main"};

struct Thrown {
    std::string text;
    std::string nested;
    std::string kind;
    int line = 0;
    std::int64_t batch = 0;
    int ran = 0;  // other batches
    std::string log;
};

/// What a program throws whose batch at 1 s fails; it has one more. build(context, ran).
template <class Build>
Thrown thrownBy(Build const& build, Config config = {})
{
    Thrown thrown;
    config.master = "inline";
    config.log = [&](LogEntry const& entry) {
        if (thrown.log.empty()) thrown.log = entry.text;
    };
    testing::Harness harness{config};
    build(harness.context(), thrown.ran);
    harness.start();
    harness.advance(1s);
    harness.advance(1s);
    try {
        harness.context().awaitTermination();
        FAIL("nothing is thrown");
    } catch (StreamError const& error) {
        thrown.text = error.what();
        thrown.kind = error.label().kind;
        thrown.line = static_cast<int>(error.label().at.line);
        thrown.batch = error.batchTime();
        try {
            std::rethrow_if_nested(error);
        } catch (std::exception const& cause) {
            thrown.nested = cause.what();
        }
    }
    return thrown;
}

auto numbers(StreamingContext& context) { return testing::literalStream<int>(context, {{1}, {2}}, 1); }

int failsAtOne(int x) { return x == 1 ? throw std::runtime_error{"one is bad"} : x; }

}  // namespace

TEST_CASE("what throws: a function of an operator")
{
    auto const thrown = thrownBy([](auto& context, int& ran) {
        numbers(context) | map(failsAtOne, here) |
            foreachRDD([&](auto batch) { ran += (std::move(batch) | collect()).at(0) == 2 ? 1 : 0; });
    });
    CHECK(thrown.text == "sluice::map (program.cpp:12), batch 1000 ms, partition 0: one is bad");
    CHECK(thrown.nested == "one is bad");
    CHECK(thrown.kind == "map");
    CHECK(thrown.line == 12);
    CHECK(thrown.batch == 1'000'000);
    CHECK(thrown.ran == 1);
    CHECK(thrown.log == thrown.text);
}

TEST_CASE("what throws: a function of an output")
{
    auto const thrown = thrownBy([](auto& context, int& ran) {
        auto const fail = [&](auto const&, Time t) { t == Time{1s} ? throw std::runtime_error{"no room"} : ++ran; };
        numbers(context) | foreachRDD(fail, here);
    });
    CHECK(thrown.text == "sluice::foreachRDD (program.cpp:12), batch 1000 ms: no room");
    CHECK(thrown.nested == "no room");
    CHECK(thrown.kind == "foreachRDD");
    CHECK(thrown.line == 12);
    CHECK(thrown.ran == 1);
}

TEST_CASE("what throws: a function of a state")
{
    auto const thrown = thrownBy([](auto& context, int& ran) {
        auto const fail = [](std::vector<int> const& values, std::optional<int> state) -> std::optional<int> {
            return values.empty() ? state : throw std::runtime_error{"no state"};
        };
        numbers(context) | map([](int x) { return std::pair{x, x}; }) | updateStateByKey(fail, 1, {}, here) |
            foreachRDD([&](auto const&, Time t) { ran += t == Time{2s} ? 1 : 0; });
    });
    CHECK(thrown.text == "sluice::updateStateByKey (program.cpp:12), batch 1000 ms, partition 0: no state");
    CHECK(thrown.nested == "no state");
    CHECK(thrown.kind == "updateStateByKey");
    CHECK(thrown.ran == 0);  // it has stopped: the next batch would miss this one
}

TEST_CASE("what throws: a pull source")
{
    auto const thrown = thrownBy([](auto& context, int& ran) {
        pullStream(
            context, [](Time t) { return t == Time{1s} ? throw std::runtime_error{"no answer"} : rdd({1}); }, here) |
            foreachRDD([&](auto const&) { ++ran; });
    });
    CHECK(thrown.text == "sluice::pullStream (program.cpp:12), batch 1000 ms: no answer");
    CHECK(thrown.nested == "no answer");
    CHECK(thrown.kind == "pullStream");
    CHECK(thrown.ran == 1);
}

TEST_CASE("what throws: the disk of a cache")
{
    Temporary const folder;
    auto const thrown = thrownBy(
        [&](auto& context, int& ran) {
            numbers(context) | cache(Storage::disk, here) | foreachRDD([&](auto batch, Time t) {
                if (t == Time{2s}) folder.makeDirectory("later");
                ran += static_cast<int>((std::move(batch) | collect()).size());
            });
        },
        {.localDirectory = folder.path("later")});
    CHECK(thrown.text == "sluice::cache (program.cpp:12), batch 1000 ms, partition 0: making a file in " + folder.path("later") +
                             ": No such file or directory");
    CHECK(thrown.kind == "cache");
    CHECK(thrown.ran == 1);
}

TEST_CASE("what throws: the start of a source")
{
    struct Closed {
        static void start() { throw std::runtime_error{"no host"}; }
        static auto batch(Time) { return rdd({1}); }
    };
    testing::Harness harness;
    pullStream(harness.context(), Closed{}, here) | foreachRDD([](auto const&) {});
    CHECK_THROWS_WITH_AS(harness.start(), "sluice::pullStream (program.cpp:12): no host", StreamError);
    CHECK(harness.context().getState() == ContextState::stopped);
}

TEST_CASE("what throws: a receiver")
{
    std::atomic<int> warned = 0;
    std::string text;
    testing::Harness harness{{.log = [&](LogEntry const& entry) {
        if (warned == 0) text = std::string{entry.label.kind} + " " + std::to_string(entry.label.at.line) + ": " + entry.text;
        ++warned;  // now the text may be read
    }}};
    receiverStream<int>(
        harness.context(), [](std::stop_token, Store<int>&) { throw std::runtime_error{"no peer"}; }, here) |
        foreachRDD([](auto const&) {});
    harness.start();
    harness.await("a warning", [&] { return warned > 0; });
    CHECK(text == "receiverStream 12: restarting in 2000 ms: no peer");
    CHECK(!harness.context().awaitTerminationOrTimeout(0s));  // nothing is thrown: it is started again
    harness.context().stop();
}

TEST_CASE("what throws: a file that cannot be read, and one without permission")
{
    for (bool const permitted : {true, false}) {
        if (!permitted && ::geteuid() == 0) {
            MESSAGE("not tried without permission: the superuser may read all");
            continue;
        }
        Temporary const folder;
        auto const thrown = thrownBy([&](auto& context, int& ran) {
            folder.write("bad.gz", "\x1f\x8b no archive", 1'000'000);
            if (!permitted) ::chmod(folder.path("bad.gz").c_str(), 0);
            textFileStream(context, folder.path(), {.newFilesOnly = false}, here) |
                foreachRDD([&](auto batch) { ran += (std::move(batch) | collect()).empty() ? 1 : 0; });
        });
        CHECK(thrown.text.starts_with("sluice::textFileStream (program.cpp:12), batch 1000 ms, partition 0: " + folder.path("bad.gz")));
        CHECK(thrown.kind == "textFileStream");
        CHECK(thrown.ran == 1);
    }
}

TEST_CASE("what throws: a directory to look through that is not there")
{
    std::string told;
    Temporary const folder;
    testing::Harness harness{{.master = "inline", .log = [&](LogEntry const& entry) { told = entry.text; }}};
    textFileStream(harness.context(), folder.path("missing"), {}, here) | foreachRDD([](auto const&) {});
    harness.start();
    harness.advance(1s);
    CHECK(told == "there is no directory " + folder.path("missing"));
    CHECK(!harness.context().awaitTerminationOrTimeout(0s));
}

TEST_CASE("what throws: files of an output: no permission, a read-only file system, a full disk")
{
    for (auto const& [error, what] :
         {std::pair{EACCES, "Permission denied"}, {EROFS, "Read-only file system"}, {ENOSPC, "No space left on device"}}) {
        Temporary const folder;
        auto const thrown = thrownBy([&, number = error](auto& context, int&) {
            numbers(context) | map([number](int x) {
                refusal = x == 1 ? number : 0;
                return x;
            }) | foreachRDD([](auto batch) { static_cast<void>(std::move(batch) | collect()); });
            numbers(context) | saveAsTextFiles(folder.path("out"), "", here);
        });
        refusal = 0;
        CHECK(thrown.text.starts_with("sluice::saveAsTextFiles (program.cpp:12), batch 1000 ms"));
        CHECK(thrown.text.find(folder.path()) != std::string::npos);
        CHECK(thrown.text.ends_with(what));
        CHECK(thrown.kind == "saveAsTextFiles");
        CHECK(thrown.batch == 1'000'000);
        CHECK(!std::filesystem::exists(folder.path("out-1000")));
        CHECK(std::filesystem::exists(folder.path("out-2000/_SUCCESS")));
    }
}

TEST_CASE("what throws: a stream that print cannot write to")
{
    auto* const full = std::fopen("/dev/full", "w");
    REQUIRE(full != nullptr);
    auto const thrown = thrownBy([&](auto& context, int&) { numbers(context) | print(10, full, here); });
    std::fclose(full);
    CHECK(thrown.text == "sluice::print (program.cpp:12), batch 1000 ms: the file cannot be written to");
    CHECK(thrown.kind == "print");
}

TEST_CASE("what throws: a batch that is too late")
{
    auto const thrown = thrownBy(
        [](auto& context, int& ran) {
            numbers(context) | foreachRDD([&](auto const&, Time) {
                ++ran;
                context.clock().base().setTime(Time{5s});
            });
        },
        {.maxSchedulingDelay = 1s});
    CHECK(thrown.text.starts_with("sluice, batch "));
    CHECK(thrown.text.ends_with(" after its time; Config::maxSchedulingDelay is 1000 ms"));
}

TEST_CASE("what throws: a wrong argument, a wrong time, and what is not supported")
{
    testing::Harness harness;
    CHECK_THROWS_AS(StreamingContext({.concurrentJobs = 0}, 1s), InvalidArgument);
    CHECK_THROWS_AS(harness.start(), InvalidArgument);  // no output
    CHECK_THROWS_AS(harness.start(), IllegalState);
    testing::Harness other;
    CHECK_THROWS_AS(static_cast<void>(textFileStream(other.context(), "hdfs://host/in")), Unsupported);
}
