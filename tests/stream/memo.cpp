#include <sluice/stream/memo.hpp>

#include <doctest/doctest.h>

#include <stdexcept>

using namespace sluice;
using namespace std::chrono_literals;
using sluice::detail::Counted;
using sluice::detail::Memo;

namespace {

struct Result : sluice::detail::RefCounted {
    std::vector<int> values;
    void clear() { values.clear(); }
};

constexpr auto fillWith(int value)
{
    return [value](Result& result) { result.values.push_back(value); };
}

}  // namespace

TEST_CASE("a result is made once for each time")
{
    Memo<Result> memo;
    CHECK(!memo.find(Time{1s}));
    auto const first = memo.findOr(Time{1s}, fillWith(1));
    CHECK(memo.findOr(Time{1s}, fillWith(2)) == first);
    CHECK(memo.find(Time{1s}) == first);
    CHECK(first->values == std::vector{1});
    CHECK(memo.findOr(Time{2s}, fillWith(2))->values == std::vector{2});
}

TEST_CASE("what fill throws leaves nothing behind")
{
    Memo<Result> memo;
    CHECK_THROWS_AS(memo.findOr(Time{1s}, [](Result&) { throw std::runtime_error{"no"}; }), std::runtime_error);
    CHECK(!memo.find(Time{1s}));
    CHECK(memo.findOr(Time{1s}, fillWith(1))->values == std::vector{1});
}

TEST_CASE("what is forgotten is cleared, and its memory is used again")
{
    Memo<Result> memo;
    auto* const made = memo.findOr(Time{1s}, fillWith(1)).get();
    memo.findOr(Time{2s}, fillWith(2));
    memo.evict(Time{1s});
    CHECK(!memo.find(Time{1s}));
    CHECK(memo.find(Time{2s}));
    CHECK(memo.findOr(Time{3s}, fillWith(3)).get() == made);
    CHECK(made->values == std::vector{3});
}

TEST_CASE("what somebody holds is left to them")
{
    Memo<Result> memo;
    auto const held = memo.findOr(Time{1s}, fillWith(1));
    memo.evict(Time{5s});
    CHECK(!memo.find(Time{1s}));
    CHECK(held->values == std::vector{1});
    CHECK(held.unique());
    CHECK(memo.findOr(Time{2s}, fillWith(2)) != held);
}

TEST_CASE("later times stay, whatever their order")
{
    Memo<Result> memo;
    for (int s : {5, 1, 4, 2, 3}) memo.findOr(Time{std::chrono::seconds{s}}, fillWith(s));
    memo.evict(Time{3s});
    for (int s : {1, 2, 3}) CHECK(!memo.find(Time{std::chrono::seconds{s}}));
    for (int s : {4, 5}) CHECK(memo.find(Time{std::chrono::seconds{s}})->values == std::vector{s});
}
