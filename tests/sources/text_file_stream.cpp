#include <sluice/operators/collect.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/split.hpp>
#include <sluice/operators/take.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/sources/text_file_stream.hpp>
#include <sluice/testing/harness.hpp>

#include "../io/temporary.hpp"

#include <functional>
#include <string>

using namespace sluice;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

using Texts = std::vector<std::string>;

/// The lines of one file.
Texts linesOf(std::string const& bytes)
{
    Temporary const dir;
    testing::Harness harness;
    Texts lines{"nothing ran"};
    textFileStream(harness.context(), dir.path()) | foreachRDD([&](auto batch) { lines = batch | collect(); });
    harness.start();
    dir.write("f", bytes, 500'000);
    harness.advance(1s);
    return lines;
}

}  // namespace

TEST_CASE("lines end at LF or CRLF; a last line without end is a line")
{
    CHECK(linesOf("lf\ncrlf\r\n\nlone\rcr\n\x80\xff\0nul\nlast"s) == Texts{"lf", "crlf", "", "lone\rcr", "\x80\xff\0nul"s, "last"});
    CHECK(linesOf("a\n") == Texts{"a"});
    CHECK(linesOf("\n") == Texts{""});
    CHECK(linesOf("a") == Texts{"a"});
    CHECK(linesOf("").empty());
}

TEST_CASE("the byte order mark of UTF-8 is no part of the first line; those of wider encodings are refused by name")
{
    CHECK(linesOf("\xef\xbb\xbf"
                  "first\n\xef\xbb\xbfsecond") == Texts{"first", "\xef\xbb\xbfsecond"});
    CHECK(linesOf("\xef\xbb\xbf").empty());
    CHECK(linesOf("\xef\xbb") == Texts{"\xef\xbb"});
    for (auto const& [bytes, encoding] : {std::pair{"\xff\xfeh\0i\0"s, "UTF-16 (little-endian)"s},
                                          {"\xfe\xff\0h\0i"s, "UTF-16 (big-endian)"s},
                                          {"\xff\xfe\0\0h\0\0\0"s, "UTF-32 (little-endian)"s},
                                          {"\0\0\xfe\xff\0\0\0h"s, "UTF-32 (big-endian)"s}}) {
        Temporary const dir;
        testing::Harness harness{{.log = silent}};
        textFileStream(harness.context(), dir.path()) | foreachRDD([](auto batch) { batch | collect(); });
        harness.start();
        dir.write("f", bytes, 1);
        harness.advance(1s);
        auto const text = dir.path("f") + " begins with the byte order mark of " + encoding + ": ";
        CHECK_THROWS_WITH_AS(static_cast<void>(harness.context().awaitTerminationOrTimeout(0s)), doctest::Contains(text.c_str()),
                             StreamError);
    }
}

TEST_CASE("it takes the options of file streams")
{
    Temporary const dir;
    testing::Harness harness;
    Texts lines;
    dir.write("old.csv", "old\n", 1);
    textFileStream(harness.context(), dir.path(),
                   {.filter = [](std::string const& path) { return path.ends_with(".csv"); }, .newFilesOnly = false}) |
        foreachRDD([&](auto batch) { lines = batch | collect(); });
    harness.start();
    dir.write("a.csv", "a\n", 1);
    dir.write("a.txt", "b\n", 1);
    harness.advance(1s);
    CHECK(lines == Texts{"a", "old"});
}

TEST_CASE("files are longer than any block, and so are lines")
{
    std::string text;
    Texts wanted;
    for (int i = 0; i < 60'000; ++i) {
        wanted.push_back("line " + std::to_string(i) + std::string(static_cast<std::size_t>(i % 7), 'x'));
        if (i % 20'000 == 10'000) wanted.back().append(600'000, 'y');
        text += wanted.back() + (i % 3 == 0 ? "\r\n" : "\n");
    }
    CHECK((linesOf(text) == wanted));
}

TEST_CASE("a batch is read on from where an action stopped")
{
    Temporary const dir;
    testing::Harness harness;
    Texts first;
    std::string all;
    std::int64_t n = 0;
    auto const lines = textFileStream(harness.context(), dir.path());
    lines | foreachRDD([&](auto batch) {
        first = batch | take(2);
        n = batch | count();
        all = batch | map([](std::string_view line) { return std::string{line}; }) |
              reduce([](std::string a, std::string const& b) { return a + '|' + b; });
    });
    harness.start();
    dir.write("a", "1\n2\n3", 1);
    dir.write("b", "4\n", 1);
    harness.advance(1s);
    CHECK(first == Texts{"1", "2"});
    CHECK(n == 4);
    CHECK(all == "1|2|3|4");
}

TEST_CASE("words of several files are counted, with any number of workers")
{
    for (auto const* const master : {"inline", "local[1]", "local[4]"}) {
        Temporary const dir;
        testing::Harness harness{{.master = master}};
        std::vector<std::pair<std::string, int>> counts;
        textFileStream(harness.context(), dir.path()) | flatMap(split()) | map([](auto word) { return std::pair{word, 1}; }) |
            reduceByKey(std::plus{}, 1) | foreachRDD([&](auto batch) { counts = batch | collect(); });
        harness.start();
        dir.write("a", "to be\nor not\n", 1);
        dir.write("b", "to be", 1);
        harness.advance(1s);
        CHECK(counts == std::vector<std::pair<std::string, int>>{{"to", 2}, {"be", 2}, {"or", 1}, {"not", 1}});
    }
}

TEST_CASE("errors name the source as it was called")
{
    testing::Harness harness;
    auto const text =
        "sluice::textFileStream (" + std::string{__FILE__} + ':' + std::to_string(__LINE__ + 1) + "): the directory has no name";
    CHECK_THROWS_WITH_AS(static_cast<void>(textFileStream(harness.context(), "")), text.c_str(), InvalidArgument);
}
