// A tour of what can be done with the records of a batch. In a stream each of these stands behind a stream in the same way.

#include <sluice/sluice.hpp>

#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

using namespace sluice;

namespace {

/// Prints a batch in the text form of its records.
void show(char const* what, auto const& batch)
{
    std::printf("%-16s", what);
    for (auto const& record : batch | collect()) std::printf(" %s", textOf(record).c_str());
    std::puts("");
}

}  // namespace

int main()
{
    auto const lines = rdd({std::string_view{"to be or not"}, std::string_view{"to be"}}, 2);
    auto const words = lines | flatMap(split());
    show("words", words);
    show("lengths", words | map(&std::string_view::size));
    show("long ones", words | filter([](std::string_view word) { return word.size() > 2; }));
    show("by length", words | keyBy(&std::string_view::size) | groupByKey(1));

    auto const counts = words | map([](auto word) { return std::pair{word, 1}; }) | reduceByKey(std::plus{}, 1);
    show("counts", counts);
    show("more than once", counts | filter([](auto, int n) { return n > 1; }) | keys());
    show("distinct", words | distinct(1) | sortBy([](auto word) { return word; }));
    show("per partition", words | mapPartitions([](auto part) { return std::vector{part | count()}; }));
    show("numbered", words | zipWithIndex());
    show("partitions", words | glom());
}
