#include <sluice/outputs/save_as_text_files.hpp>

#include <sluice/operators/map.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

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
    CHECK_THROWS_AS(run<int>({{1, 2}}, [&](auto in) {
                        in | map([](int x) { return x == 2 ? throw std::out_of_range{"two"} : x; }) | saveAsTextFiles(folder.path("out"));
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

TEST_CASE("a scheme that is not known is refused at the call")
{
    CHECK_THROWS_WITH_AS(static_cast<void>(saveAsTextFiles("hdfs://host/out")), doctest::Contains("sluice::saveAsTextFiles"), InvalidArgument);
}
