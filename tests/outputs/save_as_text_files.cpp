#include <sluice/operators/map.hpp>
#include <sluice/outputs/save_as_text_files.hpp>
#include <sluice/testing/harness.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../io/full_disk.hpp"
#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

using namespace sluice;
using namespace std::literals;

namespace {

/// All files below a directory.
std::map<std::string, std::string> filesOf(std::string const& directory)
{
    std::map<std::string, std::string> files;
    for (auto const& entry : std::filesystem::recursive_directory_iterator{directory}) {
        if (entry.is_directory()) continue;
        std::ifstream file{entry.path(), std::ios::binary};
        files[std::filesystem::relative(entry.path(), directory)] = std::string{std::istreambuf_iterator<char>{file}, {}};
    }
    return files;
}

/// Runs literal batches into an output; what fails is thrown.
template <class T, class Attach>
void run(testing::Batches<T> batches, Attach&& attach, Duration interval = 1s, std::size_t partitions = 2)
{
    ManualClock const clock;
    StreamingContext context{{.master = "inline", .clock = clock, .exclusive = false}, interval};
    auto const size = batches.size();
    attach(testing::literalStream<T>(context, std::move(batches), partitions));
    context.start();
    clock.advance(interval * static_cast<int>(size));
    context.awaitBatches();
    context.stop();
    context.awaitTermination();
}

}  // namespace

TEST_CASE("each batch is a directory named after its time, with a file for each partition; no RDD is none")
{
    Temporary const folder;
    run<int>({{1, 2, 3}, {}, std::nullopt, {4}}, [&](auto in) { in | saveAsTextFiles(folder.path("out"), "txt"); });
    CHECK(filesOf(folder.path()) == std::map<std::string, std::string>{{"out-1000.txt/_SUCCESS", ""},
                                                                       {"out-1000.txt/part-00000", "1\n"},
                                                                       {"out-1000.txt/part-00001", "2\n3\n"},
                                                                       {"out-2000.txt/_SUCCESS", ""},
                                                                       {"out-2000.txt/part-00000", ""},
                                                                       {"out-2000.txt/part-00001", ""},
                                                                       {"out-4000.txt/_SUCCESS", ""},
                                                                       {"out-4000.txt/part-00000", ""},
                                                                       {"out-4000.txt/part-00001", "4\n"}});
}

TEST_CASE("without a suffix there is no dot, without a prefix the time alone, and a time with a fraction keeps it")
{
    Temporary const folder;
    run<int>({{1}}, [&](auto in) { in | saveAsTextFiles(folder.path("out")); }, 1500us, 1);
    CHECK(filesOf(folder.path()) == std::map<std::string, std::string>{{"out-1.500/_SUCCESS", ""}, {"out-1.500/part-00000", "1\n"}});

    auto const before = std::filesystem::current_path();
    Temporary const other;
    std::filesystem::current_path(other.path());
    run<int>({{1}}, [&](auto in) { in | saveAsTextFiles(""); }, 1s, 1);
    std::filesystem::current_path(before);
    CHECK(filesOf(other.path()) == std::map<std::string, std::string>{{"1000/_SUCCESS", ""}, {"1000/part-00000", "1\n"}});
}

TEST_CASE("a batch that is run again replaces what it has written, and nothing else")
{
    Temporary const folder;
    run<int>({{1, 2}}, [&](auto in) { in | saveAsTextFiles(folder.path("out")); }, 1s, 3);
    run<int>({{3}}, [&](auto in) { in | saveAsTextFiles(folder.path("out")); }, 1s, 1);
    CHECK(filesOf(folder.path()) == std::map<std::string, std::string>{{"out-1000/_SUCCESS", ""}, {"out-1000/part-00000", "3\n"}});

    folder.makeDirectory("mine-1000");
    folder.write("mine-1000/file", "mine", 0);
    CHECK_THROWS_WITH_AS(run<int>({{1}}, [&](auto in) { in | saveAsTextFiles(folder.path("mine")); }),
                         doctest::Contains("mine-1000 exists already"), StreamError);
    CHECK(std::filesystem::exists(folder.path("mine-1000/file")));
}

TEST_CASE("a batch that fails leaves nothing, and the error names the output that cannot write")
{
    Temporary const folder;
    CHECK_THROWS_AS(run<int>({{1, 2}},
                             [&](auto in) {
                                 in | map([](int x) { return x == 2 ? throw std::out_of_range{"two"} : x; }) |
                                     saveAsTextFiles(folder.path("out"));
                             }),
                    StreamError);
    CHECK(std::filesystem::is_empty(folder.path()));

    folder.write("file", "", 0);
    try {
        run<int>({{1}}, [&](auto in) { in | saveAsTextFiles(folder.path("file/out")); });
        FAIL("nothing was thrown");
    } catch (StreamError const& error) {
        std::string const text = error.what();
        CHECK(text.find("sluice::saveAsTextFiles (") != std::string::npos);
        CHECK(text.find("batch 1000 ms") != std::string::npos);
        CHECK(text.find("Not a directory") != std::string::npos);
    }
}

TEST_CASE("a host and another scheme are refused at the call; file: is this machine")
{
    for (auto const* prefix : {"hdfs://host/out", "hdfs:///out", "file://host/out", "file://"}) {
        CHECK_THROWS_WITH_AS(static_cast<void>(saveAsTextFiles(prefix)), doctest::Contains("sluice::saveAsTextFiles ("), Unsupported);
    }
    for (std::string const scheme : {"file:", "file://"}) {
        Temporary const folder;
        run<int>({{1}}, [&](auto in) { in | saveAsTextFiles(scheme + folder.path("out")); }, 1s, 1);
        CHECK(filesOf(folder.path()) == std::map<std::string, std::string>{{"out-1000/_SUCCESS", ""}, {"out-1000/part-00000", "1\n"}});
    }
}

TEST_CASE("two outputs of one context to one place are refused at the second call, which names both")
{
    Temporary const folder;
    auto const place = [](int line) { return std::string{__FILE__} + ':' + std::to_string(line); };
    run<int>(
        {{1}},
        [&](auto in) {
            int const line = __LINE__ + 1;
            in | saveAsTextFiles(folder.path("out"), "a");
            in | saveAsTextFiles(folder.path("out"), "b");
            in | saveAsTextFiles(folder.path("out"));
            try {
                in | map([](int x) { return x + 1; }) | saveAsTextFiles("file:" + folder.path("out"), "a");
                FAIL("nothing was thrown");
            } catch (InvalidArgument const& error) {
                std::string const name = "sluice::saveAsTextFiles \"" + folder.path("out-<ms>.a") + "\" (";
                CHECK(error.what() ==
                      name + place(line + 4) + "): it would overwrite what is written there already by " + name + place(line) + ')');
            }
        },
        1s, 1);
    CHECK(filesOf(folder.path()).size() == 6);  // the one that was refused is none
    CHECK(filesOf(folder.path("out-1000.a")).at("part-00000") == "1\n");
}

TEST_CASE("retry: what failed on the way replaces the directory of an earlier run whole; what did not fail is written once")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        CAPTURE(master);
        Temporary const folder;
        run<int>({{7, 8, 9}}, [&](auto in) { in | saveAsTextFiles(folder.path("again")); }, 1s, 3);
        auto const before = filesOf(folder.path());

        testing::Harness harness{{.master = master, .onBatchFailure = retry(1)}};
        auto const in = testing::literalStream<int>(harness.context(), {{1, 2, 3, 4}}, 2);
        std::atomic<int> written = 0;
        std::atomic<int> attempts = 0;
        in | map([&](int x) { return ++written, x; }) | saveAsTextFiles(folder.path("once"));
        in | map([&](int x) {
            if (x == 4 && ++attempts == 1) {
                CHECK(filesOf(folder.path("again-1000")).at("part-00002") == "9\n");
                throw std::runtime_error{"not yet"};
            }
            return x;
        }) | saveAsTextFiles(folder.path("again"));
        int others = 0;
        in | foreachRDD([&](auto const&) {
            if (++others == 1) throw std::runtime_error{"not yet"};
        });
        harness.start();
        harness.advance(1s);
        harness.context().stop();
        harness.context().awaitTermination();  // nothing has failed
        CHECK(before.size() == 4);
        CHECK(attempts == 2);
        CHECK(others == 2);
        CHECK(written == 4);
        CHECK(filesOf(folder.path()) == std::map<std::string, std::string>{{"again-1000/_SUCCESS", ""},
                                                                           {"again-1000/part-00000", "1\n2\n"},
                                                                           {"again-1000/part-00001", "3\n4\n"},
                                                                           {"once-1000/_SUCCESS", ""},
                                                                           {"once-1000/part-00000", "1\n2\n"},
                                                                           {"once-1000/part-00001", "3\n4\n"}});
    }
}

TEST_CASE("a disk that is full: nothing is left, the error names all that is known, and the next batch is written when there is room")
{
    for (auto const* const master : {"inline", "local[2]"}) {
        CAPTURE(master);
        Temporary const folder;
        testing::Harness harness{{.master = master, .onBatchFailure = proceed}};
        auto const in = testing::literalStream<std::string>(harness.context(), {{"a", std::string(1000, 'x')}, {"b", "c"}});
        int const line = __LINE__ + 1;
        in | saveAsTextFiles(folder.path("out"));
        harness.start();
        {
            FullDisk const full;
            harness.advance(1s);
        }
        CHECK(std::filesystem::is_empty(folder.path()));
        harness.advance(1s);
        CHECK(filesOf(folder.path()) == std::map<std::string, std::string>{
                                            {"out-2000/_SUCCESS", ""}, {"out-2000/part-00000", "b\n"}, {"out-2000/part-00001", "c\n"}});
        harness.context().stop();
        auto const output =
            "sluice::saveAsTextFiles (" + std::string{__FILE__} + ':' + std::to_string(line) + "), batch 1000 ms, partition 1: ";
        try {
            harness.context().awaitTermination();
            FAIL("nothing was thrown");
        } catch (StreamError const& error) {
            std::string const text = error.what();
            CHECK(text.starts_with(output + "sluice::io: writing " + folder.path(".out-1000.")));
            CHECK(text.ends_with("/part-00001: File too large"));
        }
    }
}
