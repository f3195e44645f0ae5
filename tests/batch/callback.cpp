#include <sluice/batch/callback.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace sluice;

static_assert(std::is_constructible_v<Callback<void(int)>, void (*)(int)>);
static_assert(!std::is_constructible_v<Callback<void(int)>, void (*)(std::string)>);

TEST_CASE("a callback is empty until it is given a function")
{
    Callback<int()> callback;
    CHECK(!callback);
    callback = [] { return 3; };
    REQUIRE(callback);
    CHECK(callback() == 3);
}

TEST_CASE("copies share the function, and its state")
{
    Callback<int()> const one = [n = 0]() mutable { return ++n; };
    Callback<int()> const two = one;
    CHECK(one() == 1);
    CHECK(two() == 2);
}

TEST_CASE("what a callback captured goes with its last copy")
{
    auto const token = std::make_shared<int>(7);
    {
        Callback<int(int)> const one = [token](int x) { return *token + x; };
        Callback<int(int)> const two = one;
        CHECK(two(1) == 8);
        CHECK(token.use_count() == 2);
    }
    CHECK(token.use_count() == 1);
}

TEST_CASE("arguments are handed on as they are")
{
    Callback<std::size_t(std::unique_ptr<std::string>)> const size = [](std::unique_ptr<std::string> text) { return text->size(); };
    CHECK(size(std::make_unique<std::string>("four")) == 4);
}
