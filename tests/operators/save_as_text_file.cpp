#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/save_as_text_file.hpp>
#include <sluice/testing/run_batches.hpp>

#include "../io/temporary.hpp"
#include "laws.hpp"

#include <doctest/doctest.h>

#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5, 6, 7};

// What it takes.
static_assert(detail::SaveAsTextFile::accepts<detail::Slices<std::pair<std::string_view, double>>>);
static_assert(!detail::SaveAsTextFile::accepts<detail::Slices<int*>>);

using Files = std::map<std::string, std::string>;

Files filesOf(std::string const& directory)
{
    Files files;
    for (auto const& entry : std::filesystem::directory_iterator{directory}) {
        std::ifstream file{entry.path(), std::ios::binary};
        files[entry.path().filename()] = std::string{std::istreambuf_iterator<char>{file}, {}};
    }
    return files;
}

bool isBare(Temporary const& folder) { return std::filesystem::is_empty(folder.path()); }

}  // namespace

TEST_CASE("saveAsTextFile writes a file for each partition, empty ones too, and _SUCCESS")
{
    Temporary const folder;
    rdd(numbers, 3) | filter([](int x) { return x > 4 || x < 3; }) | saveAsTextFile(folder.path("out"));
    CHECK(filesOf(folder.path("out")) ==
          Files{{"_SUCCESS", ""}, {"part-00000", "1\n2\n"}, {"part-00001", ""}, {"part-00002", "5\n6\n7\n"}});

    rdd(std::vector<int>{}, 2) | saveAsTextFile("file://" + folder.path("deep/er/empty/"));
    CHECK(filesOf(folder.path("deep/er/empty")) == Files{{"_SUCCESS", ""}, {"part-00000", ""}, {"part-00001", ""}});
    rdd({1}) | saveAsTextFile("file:" + folder.path("one"));
    CHECK(filesOf(folder.path("one")) == Files{{"_SUCCESS", ""}, {"part-00000", "1\n"}});
}

TEST_CASE("records are written in their text form, also such as live no longer than one push")
{
    Temporary const folder;
    auto const made = rdd(numbers) | map([](int x) { return std::string(static_cast<std::size_t>(x), 'x'); }) |
                      flatMap([](std::string_view text) { return std::array{std::pair{text, static_cast<double>(text.size()) / 2}}; });
    made | saveAsTextFile(folder.path("out"));
    CHECK(filesOf(folder.path("out")).at("part-00000").starts_with("(x,0.5)\n(xx,1.0)\n(xxx,1.5)\n"));
}

TEST_CASE("more than a buffer is written, and read back")
{
    Temporary const folder;
    std::vector<int> many;
    std::string expected;
    for (int i = 0; i < 100'000; ++i) many.push_back(i);
    for (int i = 0; i < 50'000; ++i) expected += std::to_string(i) + '\n';
    RDD<int> const any = rdd(many, 2);
    any | saveAsTextFile(folder.path("out"));
    CHECK(filesOf(folder.path("out")).at("part-00000") == expected);
}

TEST_CASE("parts are numbered with five digits at least")
{
    CHECK(detail::partName(0) == "part-00000");
    CHECK(detail::partName(54'321) == "part-54321");
    CHECK(detail::partName(1'234'567) == "part-1234567");
}

TEST_CASE("partitions are written by workers too")
{
    Temporary const folder;
    ManualClock const clock;
    StreamingContext context{{.master = "local[2]", .clock = clock, .exclusive = false}, std::chrono::seconds{1}};
    testing::literalStream<int>(context, {{1, 2, 3, 4}}, 4) | foreachRDD([&](auto batch) { batch | saveAsTextFile(folder.path("out")); });
    context.start();
    clock.advance(std::chrono::seconds{1});
    context.awaitBatches();
    context.stop();
    context.awaitTermination();
    CHECK(filesOf(folder.path("out")) ==
          Files{{"_SUCCESS", ""}, {"part-00000", "1\n"}, {"part-00001", "2\n"}, {"part-00002", "3\n"}, {"part-00003", "4\n"}});
}

TEST_CASE("a path where there is something is refused, and left alone")
{
    Temporary const folder;
    folder.write("out", "mine", 0);
    CHECK_THROWS_WITH_AS(rdd(numbers) | saveAsTextFile(folder.path("out")),
                         doctest::Contains((folder.path("out") + " exists already").c_str()), InvalidArgument);
    folder.makeDirectory("empty");
    CHECK_THROWS_AS(rdd(numbers) | saveAsTextFile(folder.path("empty")), InvalidArgument);
    CHECK(std::filesystem::is_empty(folder.path("empty")));
}

TEST_CASE("a path that cannot be is refused at the call")
{
    for (auto const* path : {"hdfs://host/out", "file://host/out", "file://out"}) {
        CHECK_THROWS_WITH_AS(static_cast<void>(saveAsTextFile(path)), doctest::Contains(path), Unsupported);
    }
    CHECK_THROWS_WITH_AS(static_cast<void>(saveAsTextFile("hdfs:///out")), doctest::Contains("sluice::saveAsTextFile ("), Unsupported);
    CHECK_THROWS_WITH_AS(static_cast<void>(saveAsTextFile("")), doctest::Contains("sluice::saveAsTextFile"), InvalidArgument);
}

TEST_CASE("whatever fails, nothing is left")
{
    Temporary const folder;
    auto const throwing = map([](int x) { return x == 6 ? throw std::out_of_range{"six"} : x; });
    auto const failure = failureOf([&] { rdd(numbers, 3) | throwing | saveAsTextFile(folder.path("out")); });
    CHECK(failure.kind == "map");
    CHECK(failure.partition == 2);
    CHECK(isBare(folder));
}

TEST_CASE("what cannot be written names the operator, its line, the file and the cause")
{
    Temporary const folder;
    folder.write("file", "", 0);
    int const line = __LINE__ + 1;
    auto const failure = failureOf([&] { rdd(numbers, 3) | saveAsTextFile(folder.path("file/out")); });
    CHECK(failure.kind == "saveAsTextFile");
    CHECK(failure.line == line);
    CHECK(failure.cause.find(folder.path("file")) != std::string::npos);
    CHECK(failure.cause.find("Not a directory") != std::string::npos);

    // A text form that takes the directory away from under its feet: the next file cannot be made.
    auto const removing = map([&](int x) {
        if (x == 4) {
            for (auto const& entry : std::filesystem::directory_iterator{folder.path("in")}) std::filesystem::remove_all(entry);
        }
        return x;
    });
    auto const gone = failureOf([&] { rdd(numbers, 3) | removing | saveAsTextFile(folder.path("in/out")); });
    CHECK(gone.kind == "saveAsTextFile");
    CHECK(gone.partition == 2);
    CHECK(gone.cause.find("part-00002: No such file or directory") != std::string::npos);
    CHECK(std::filesystem::is_empty(folder.path("in")));
}
