// Testing a pipeline: literal batches in, batches out, on a clock that stands still until it is moved.

#include <sluice/sluice.hpp>
#include <sluice/testing.hpp>

#include <cstdio>
#include <functional>
#include <string>

using namespace sluice;
using testing::Batches;
using testing::runBatches;

namespace {

/// What is under test: any stream of lines, to how often each word came.
auto wordCount(auto lines)
{
    return lines | flatMap(split()) | map([](auto word) { return std::pair{word, 1}; }) | reduceByKey(std::plus{}, 1);
}

int failures = 0;

void check(bool holds, char const* what)
{
    std::printf("%s: %s\n", what, holds ? "ok" : "FAILED");
    failures += holds ? 0 : 1;
}

}  // namespace

int main()
{
    using Counts = Batches<std::pair<std::string, int>>;
    auto const run = [](Batches<std::string> in, std::string const& master) {
        return runBatches<std::string>(std::move(in), [](auto lines) { return wordCount(lines); }, {.partitions = 3, .master = master});
    };
    check(run({{"to be", "or not"}, {"to"}}, "inline") == Counts{{{"to", 1}, {"be", 1}, {"or", 1}, {"not", 1}}, {{"to", 1}}}, "words");
    check(run({{}, {""}}, "inline") == Counts{{}, {}}, "empty batches");
    check(run({std::nullopt}, "inline") == Counts{std::nullopt}, "no RDD");
    check(run({{"a b", "b", "a"}}, "local[4]") == run({{"a b", "b", "a"}}, "inline"), "the same on four workers");
    return failures;
}
