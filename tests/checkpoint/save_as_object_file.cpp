#include <sluice/checkpoint.hpp>
#include <sluice/sluice.hpp>

#include "../io/full_disk.hpp"
#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::string_literals;

// What it takes.
using Save = detail::SaveBatchOnce<detail::ObjectParts, detail::HasBinaryForm>;
static_assert(Save::accepts<detail::Slices<std::pair<std::string_view, double>>>);
static_assert(!Save::accepts<detail::Slices<std::function<int()>>>);

namespace {

bool isBare(Temporary const& folder) { return std::filesystem::is_empty(folder.path()); }

}  // namespace

TEST_CASE("a batch is written as files that are read as a batch, with the same partitions")
{
    Temporary const folder;
    std::vector<std::pair<std::string, std::int32_t>> const words{{"to", 2}, {"be", 2}, {"or", 1}};
    rdd(words, 2) | saveAsObjectFile(folder.path("words"));
    auto const read = objectFile<std::pair<std::string, std::int64_t>>(folder.path("words"));
    CHECK((read | collect()) == std::vector<std::pair<std::string, std::int64_t>>{{"to", 2}, {"be", 2}, {"or", 1}});
    CHECK(read.numPartitions() == 2);
    rdd(std::vector<int>{}, 2) | saveAsObjectFile("file://" + folder.path("empty"));
    CHECK((objectFile<int>(folder.path("empty")) | count()) == 0);
}

TEST_CASE("what is there already is refused, and left as it is")
{
    Temporary const folder;
    std::vector<int> const numbers{3};
    rdd({1, 2}) | saveAsObjectFile(folder.path("x"));
    CHECK_THROWS_AS(rdd(numbers) | saveAsObjectFile(folder.path("x")), InvalidArgument);
    CHECK((objectFile<int>(folder.path("x")) | collect()) == std::vector{1, 2});
    CHECK_THROWS_AS(rdd(numbers) | saveAsObjectFile(""), InvalidArgument);
    CHECK_THROWS_AS(rdd(numbers) | saveAsObjectFile("hdfs://host/x"), Unsupported);
}

TEST_CASE("where a partition fails there is no directory")
{
    Temporary const folder;
    std::vector<int> const numbers{1, 2, 3, 4};
    auto const fails = [](int x) {
        if (x == 4) throw std::runtime_error{"four"};
        return x;
    };
    CHECK_THROWS_AS(rdd(numbers, 2) | map(fails) | saveAsObjectFile(folder.path("x")), StreamError);
    CHECK(isBare(folder));
    {
        FullDisk const full;
        CHECK_THROWS_AS(rdd(std::vector<int>(1000)) | saveAsObjectFile(folder.path("x")), StreamError);
    }
    CHECK(isBare(folder));
}
