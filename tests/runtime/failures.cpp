#include <sluice/runtime/failures.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace sluice;
using Failures = sluice::detail::Failures<>;

TEST_CASE("whatever the order in which partitions fail, the first in theirs leaves, and has the others in it")
{
    for (std::vector<std::size_t> const& order : {std::vector<std::size_t>{1, 3, 5}, {5, 3, 1}, {3, 5, 1}, {5, 1, 3}}) {
        Failures failures;
        failures.run(0, [] {});
        for (auto const p : order) failures.run(p, [] { throw StreamError{Label{"map"}, "odd"}; });
        try {
            failures.rethrow();
            FAIL("nothing was thrown");
        } catch (StreamError const& error) {
            CHECK(error.partition() == 1);
            REQUIRE(error.others().size() == 2);
            CHECK(detail::errorText(error.others()[0]) == "sluice::map, partition 3: odd");
            CHECK(detail::errorText(error.others()[1]) == "sluice::map, partition 5: odd");
        }
    }
}

TEST_CASE("where nothing fails nothing leaves, and what is no error of ours leaves as it is")
{
    Failures failures;
    failures.run(0, [] {});
    CHECK_NOTHROW(failures.rethrow());
    failures.run(2, [] { throw 7; });
    failures.run(3, [] { throw std::runtime_error{"later"}; });
    CHECK_THROWS_AS(failures.rethrow(), int);
}
