#include <sluice/batch/error.hpp>

#include "../verify.hpp"

#include <type_traits>

using namespace sluice;

namespace {

constexpr Label label{"map", {"main.cpp", 12, "main"}, nullptr};

/// What is caught when f throws inside of the operator `label`.
template <class F>
StreamError caught(F&& f)
{
    try {
        try {
            f();
        } catch (...) {
            detail::failIn(label);
        }
    } catch (StreamError const& error) {
        return error;
    }
    return StreamError{"no error"};
}

template <class F>
std::string nestedIn(F&& f)
{
    try {
        try {
            f();
        } catch (...) {
            detail::failIn(label);
        }
    } catch (std::exception const& error) {
        try {
            std::rethrow_if_nested(error);
        } catch (std::exception const& nested) {
            return nested.what();
        } catch (int number) {
            return std::to_string(number);
        }
    }
    return "nothing";
}

}  // namespace

TEST_CASE("errors are what one would catch without knowing the library")
{
    static_assert(std::is_base_of_v<std::invalid_argument, InvalidArgument>);
    static_assert(std::is_base_of_v<std::logic_error, IllegalState>);
    static_assert(std::is_base_of_v<std::logic_error, Unsupported>);
    static_assert(std::is_base_of_v<std::runtime_error, StreamError>);
    CHECK(InvalidArgument{"text"}.what() == doctest::String{"text"});
}

TEST_CASE("the text of a StreamError grows by what is known")
{
    StreamError error{label, "cause"};
    CHECK(error.what() == doctest::String{"sluice::map (main.cpp:12): cause"});
    CHECK(error.partition() == StreamError::unknown);
    CHECK(error.batchTime() == StreamError::unknown);

    error.atPartition(3);
    CHECK(error.what() == doctest::String{"sluice::map (main.cpp:12), partition 3: cause"});
    error.atBatch(1'500'000);
    CHECK(error.what() == doctest::String{"sluice::map (main.cpp:12), batch 1500 ms, partition 3: cause"});
    CHECK(error.partition() == 3);
    CHECK(error.batchTime() == 1'500'000);
    CHECK(error.label().at.line == 12);

    SUBCASE("and what is known already stays")
    {
        error.atPartition(4);
        error.atBatch(2'000'000);
        CHECK(error.partition() == 3);
        CHECK(error.batchTime() == 1'500'000);
    }
}

TEST_CASE("the text tells names, and times finer than a millisecond")
{
    StreamError named{Label{"reduceByKey", {}, "counts"}, "cause"};
    CHECK(named.what() == doctest::String{"sluice::reduceByKey \"counts\": cause"});
    named.atBatch(1'000'007);
    CHECK(named.what() == doctest::String{"sluice::reduceByKey \"counts\", batch 1000.007 ms: cause"});
    StreamError nameless{Label{}, "cause"};
    nameless.atPartition(0);
    CHECK(nameless.what() == doctest::String{"sluice, partition 0: cause"});
    CHECK(StreamError{"as it is"}.what() == doctest::String{"as it is"});
}

TEST_CASE("what a user's function throws is nested")
{
    auto const zero = [] { throw std::domain_error{"zero"}; };
    CHECK(caught(zero).what() == doctest::String{"sluice::map (main.cpp:12): zero"});
    CHECK(nestedIn(zero) == "zero");

    auto const number = [] { throw 42; };
    CHECK(caught(number).what() == doctest::String{"sluice::map (main.cpp:12): the int 42 was thrown"});
    CHECK(nestedIn(number) == "42");
}

TEST_CASE("what has a name keeps it on its way out")
{
    auto const inner = caught([] { throw StreamError{Label{"filter", {"main.cpp", 7, "main"}, nullptr}, "zero"}; });
    CHECK(inner.label().kind == doctest::String{"filter"});
    CHECK(inner.what() == doctest::String{"sluice::filter (main.cpp:7): zero"});
}

TEST_CASE("a copy of an error is the same error")
{
    StreamError error{label, "cause"};
    error.attach({std::make_exception_ptr(StreamError{"second"})});
    StreamError const copy = error;
    CHECK(copy.what() == doctest::String{"sluice::map (main.cpp:12): cause"});
    REQUIRE(copy.others().size() == 1);
    CHECK(detail::errorText(copy.others()[0]) == "second");
}

TEST_CASE("what is thrown as text is told, and of anything else the type")
{
    struct Broken {};
    auto const textOf = [](auto const& thrown) { return detail::errorText(std::make_exception_ptr(thrown)); };
    CHECK(textOf(static_cast<char const*>("plain text")) == "plain text");
    char text[] = "an array";
    CHECK(textOf(static_cast<char*>(text)) == "an array");
    CHECK(textOf(std::string{"a string"}) == "a string");
    CHECK(textOf(std::string_view{"a view"}) == "a view");
    CHECK(textOf(-7) == "the int -7 was thrown");
    CHECK(textOf(1L) == "an exception of type long, which is no std::exception");
    CHECK(textOf(Broken{}).find("Broken, which is no std::exception") != std::string::npos);
    CHECK(textOf(std::runtime_error{""}) == "an exception of type std::runtime_error, without a text");
    CHECK(textOf(static_cast<char const*>(nullptr)) == "an exception of type char const*, without a text");
    CHECK(textOf(std::string{}).find("basic_string") != std::string::npos);
}
