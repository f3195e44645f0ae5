#include <sluice/batch/maybe.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <utility>

using namespace sluice::detail;

namespace {

using Shared = std::shared_ptr<int>;

/// What throws when it is moved the third time.
struct Throws {
    int moves = 0;
    Shared held;
    explicit Throws(Shared shared) : held(std::move(shared)) {}
    Throws(Throws&& other) : moves(other.moves + 1), held(other.held)
    {
        if (moves == 3) throw std::runtime_error{"moved"};
    }
};

Maybe<Shared> of(Shared const& one, bool there)
{
    if (!there) return {};
    return one;
}

}  // namespace

TEST_CASE("there is a value or none, which is destroyed once")
{
    auto const one = std::make_shared<int>(1);
    {
        Maybe<Shared> maybe;
        CHECK_FALSE(maybe);
        maybe.reset();
        maybe.emplace(one);
        CHECK(*maybe == one);
        CHECK(maybe->get() == one.get());
        CHECK(std::as_const(maybe)->get() == one.get());
        CHECK(one.use_count() == 2);
        maybe.emplace(one);
        CHECK(one.use_count() == 2);
        maybe.reset();
        CHECK(one.use_count() == 1);
        CHECK_FALSE(maybe);
        maybe = of(one, true);
        CHECK(*std::as_const(maybe) == one);
        CHECK(one.use_count() == 2);
    }
    CHECK(one.use_count() == 1);
}

TEST_CASE("it is moved with what is in it; one that is assigned to lets go of its own")
{
    auto const one = std::make_shared<int>(1);
    auto const two = std::make_shared<int>(2);
    auto maybe = of(one, true);
    Maybe<Shared> moved = std::move(maybe);
    CHECK(*moved == one);
    moved = of(two, true);
    CHECK(*moved == two);
    Shared const out = *std::move(moved);
    CHECK(out == two);
    CHECK(two.use_count() == 2);
    moved = of(one, false);
    CHECK_FALSE(moved);
    CHECK_FALSE(of(one, false));
    CHECK(one.use_count() == 1);
}

TEST_CASE("what throws when it is moved leaves none")
{
    auto const one = std::make_shared<int>(1);
    Maybe<Throws> maybe;
    CHECK_THROWS_AS(maybe = Maybe<Throws>{Throws{one}}, std::runtime_error);
    CHECK_FALSE(maybe);
    CHECK(one.use_count() == 1);
}
