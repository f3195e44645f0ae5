#include <sluice/checkpoint/save_as_object_files.hpp>
#include <sluice/sluice.hpp>
#include <sluice/testing.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::literals;

namespace {

template <class T, class Attach>
void run(testing::Batches<T> batches, Attach&& attach, std::size_t partitions = 2)
{
    testing::Harness harness;
    auto const size = batches.size();
    attach(testing::literalStream<T>(harness.context(), std::move(batches), partitions));
    harness.start();
    harness.advance(1s * static_cast<int>(size));
    harness.context().stop();
    harness.context().awaitTermination();
}

}  // namespace

TEST_CASE("each batch is a directory with its records and their schema, a partition in each file")
{
    Temporary const folder;
    using Record = std::pair<std::string, std::optional<std::int64_t>>;
    run<Record>({{{"a", 1}, {"b", std::nullopt}, {"", -3}}, {}, std::nullopt},
                [&](auto in) { in | saveAsObjectFiles(folder.path("out"), "obj"); });
    auto const batch = objectFile<Record>(folder.path("out-1000.obj"));
    CHECK(batch.numPartitions() == 2);
    CHECK((batch | glom() | collect()) == std::vector<std::vector<Record>>{{{"a", 1}}, {{"b", std::nullopt}, {"", -3}}});
    CHECK((objectFile<Record>(folder.path("out-2000.obj")) | count()) == 0);
    CHECK(!std::filesystem::exists(folder.path("out-3000.obj")));
}

TEST_CASE("text that is viewed is written, and comes back owned")
{
    Temporary const folder;
    run<std::string>({{"to be", "or not"}}, [&](auto in) {
        in | map([](std::string_view line) { return std::pair{line.substr(0, 2), line.size()}; }) | saveAsObjectFiles(folder.path("out"));
    });
    using Record = std::pair<std::string, std::size_t>;
    CHECK((objectFile<std::pair<std::string_view, std::size_t>>(folder.path("out-1000")) | collect()) ==
          std::vector<Record>{{"to", 5}, {"or", 6}});
}

TEST_CASE("a batch that is run again replaces what it has written, and nothing else")
{
    Temporary const folder;
    run<int>({{1, 2}}, [&](auto in) { in | saveAsObjectFiles(folder.path("out")); }, 3);
    run<int>({{3}}, [&](auto in) { in | saveAsObjectFiles(folder.path("out")); }, 1);
    CHECK((objectFile<int>(folder.path("out-1000")) | collect()) == std::vector{3});
    folder.makeDirectory("mine-1000");
    CHECK_THROWS_WITH_AS(run<int>({{1}}, [&](auto in) { in | saveAsObjectFiles(folder.path("mine")); }),
                         doctest::Contains("mine-1000 exists already"), StreamError);
}

TEST_CASE("a batch that fails leaves nothing, and the error names the output")
{
    Temporary const folder;
    auto const bad = [](int x) { return x == 2 ? throw std::out_of_range{"two"} : x; };
    CHECK_THROWS_WITH_AS(run<int>({{1, 2}}, [&](auto in) { in | map(bad) | saveAsObjectFiles(folder.path("out")); }),
                         doctest::Contains("two"), StreamError);
    CHECK(std::filesystem::is_empty(folder.path()));
    folder.write("file", "", 0);
    CHECK_THROWS_WITH_AS(run<int>({{1}}, [&](auto in) { in | saveAsObjectFiles(folder.path("file/out")); }),
                         doctest::Contains("sluice::saveAsObjectFiles"), StreamError);
    CHECK_THROWS_AS(static_cast<void>(saveAsObjectFiles("hdfs://host/out")), Unsupported);
}

TEST_CASE("two outputs to one place are refused, also where one writes text")
{
    Temporary const folder;
    run<int>({{1}}, [&](auto in) {
        in | saveAsTextFiles(folder.path("out"));
        CHECK_THROWS_WITH_AS(in | saveAsObjectFiles(folder.path("out")),
                             doctest::Contains("it would overwrite what is written there already"), InvalidArgument);
    });
}
