#include <sluice/batch/any_rdd.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>

#include "../counted_new.hpp"
#include "../operators/laws.hpp"
#include "../verify.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

using namespace sluice;
using namespace sluice::tests;

namespace {

std::vector<std::int64_t> upTo(std::int64_t n)
{
    std::vector<std::int64_t> numbers;
    for (std::int64_t i = 1; i <= n; ++i) numbers.push_back(i);
    return numbers;
}

constexpr auto twice = [](std::int64_t x) { return 2 * x; };
constexpr auto isEven = [](std::int64_t x) { return x % 2 == 0; };

// What it is: records that may live no longer than they are looked at.
using Any = NodeOf<RDD<int>>;
static_assert(std::is_same_v<RecordOf<Any>, int const&> && !Any::stored && !Any::stable);

template <class F>
long allocationsOf(F const& f)
{
    auto const before = allocations.load();
    f();
    return allocations - before;
}

}  // namespace

TEST_CASE("RDD<T> is any batch of T")
{
    auto const numbers = upTo(5000);  // several blocks
    RDD<std::int64_t> any = rdd(numbers, 2);
    CHECK((any | collect()) == numbers);
    any = any | map(twice) | filter(isEven);
    CHECK(any.numPartitions() == 2);
    CHECK((any | reduce(std::plus{})) == 5000 * 5001);
}

TEST_CASE("RDD<T> keeps what its batch stands on")
{
    RDD<std::string> any = rdd(std::vector<std::string>{"a text of more than sixteen bytes"});
    auto const copy = any;
    any = rdd({std::string{"other"}});
    CHECK((copy | reduce(std::plus{})) == "a text of more than sixteen bytes");
}

TEST_CASE("RDD<T> knows which partitions are empty, and whether its loop can be resumed")
{
    RDD<int> const any = rdd({1}, 2);
    CHECK(any.node().isEmpty(0));
    CHECK_FALSE(any.node().isEmpty(1));
    CHECK(any.node().resumable());
    RDD<int> const flat = rdd({1}) | flatMap([](int x) { return std::array{x}; });
    CHECK_FALSE(flat.node().resumable());
}

TEST_CASE("a reduction is resumed behind its first record, through any number of RDD<T>")
{
    int calls = 0;
    RDD<int> any = rdd({1, 2, 3, 4, 5}) | map([&calls](int x) { return ++calls, x; });
    for (int depth = 0; depth < 4; ++depth) {
        calls = 0;
        CHECK((any | filter([](int x) { return x > 2; }) | reduce(std::plus{})) == 12);
        CHECK(calls == 5);
        any = any | map([](int x) { return x; });
    }
    std::vector<std::string> const texts{"a", "b", "c"};
    RDD<std::string> once = rdd(texts) | filter([](std::string const& s) { return s != "a"; });
    CHECK((once | reduce(std::plus{})) == "bc");
    once = once | map([](std::string const& s) { return s + s; });
    CHECK((once | reduce(std::plus{})) == "bbcc");
}

TEST_CASE("records of any type pass through RDD<T>")
{
    struct Big {
        std::array<char, 20'000> bytes;
        int number;
    };
    RDD<Big> const big = rdd({1, 2, 3}) | map([](int n) { return Big{{}, n}; });
    CHECK((big | filter([](Big const& b) { return b.number > 1; }) | count()) == 2);

    RDD<std::unique_ptr<int>> const boxes = rdd({1, 2, 3}) | map([](int n) { return std::make_unique<int>(n); });
    CHECK((boxes | filter([](std::unique_ptr<int> const& p) { return *p > 1; }) | count()) == 2);
}

TEST_CASE("what RDD<T> hands on is the stored record, not a copy")
{
    std::vector<Tracked> records;
    for (int i = 1; i <= 3000; ++i) records.emplace_back(i);
    RDD<Tracked> const any = rdd(records) | filter([](Tracked const& t) { return t.value % 2 == 1; });
    Tracked::reset();
    std::size_t at = 0;
    any | foreach ([&](Tracked const& t) { REQUIRE(&t == &records[2 * at++]); });
    CHECK(at == 1500);
    CHECK(Tracked::copies + Tracked::moves == 0);
}

TEST_CASE("views of what is made on the way are whole when they arrive")
{
    std::vector<std::string> const texts(100, "a text of more than sixteen bytes");
    auto const halves = [](std::string_view s) { return std::array{s.substr(0, 6), s.substr(6)}; };
    RDD<std::string_view> const any = rdd(texts) | map([](std::string const& s) { return s + s; }) | flatMap(halves);
    RDD<std::pair<std::string_view, int>> const pairs = any | map([](std::string_view s) { return std::pair{s, 1}; });
    std::size_t size = 0;
    pairs | foreach ([&size](std::string_view s, int) { size += s.starts_with("a text") ? s.size() : 0; });
    CHECK(size == 600);
}

TEST_CASE("to run what is behind RDD<T> allocates nothing")
{
    auto const numbers = upTo(5000);
    std::vector<std::string> const texts(3000, "a text of more than sixteen bytes");
    RDD<std::int64_t> const stored = rdd(numbers, 3);
    RDD<std::int64_t> const computed = rdd(numbers, 3) | map(twice);
    RDD<std::string> const filtered = rdd(texts) | filter([](std::string const& s) { return s[0] == 'a'; });

    std::int64_t sum = 0;
    CHECK(allocationsOf([&] { sum = stored | map(twice) | reduce(std::plus{}); }) == 0);
    CHECK(allocationsOf([&] { sum -= computed | reduce(std::plus{}); }) == 0);
    CHECK(sum == 0);
    std::int64_t size = 0;
    CHECK(allocationsOf([&] { size = filtered | map(&std::string::size) | count(); }) == 0);
    CHECK(size == 3000);
    CHECK(allocationsOf([&] { RDD<std::int64_t> const copy = stored; }) == 0);
    CHECK(allocationsOf([&] { RDD<std::int64_t> const any = rdd(numbers, 3); }) == (allocationsAreCounted ? 1 : 0));
}

TEST_CASE("what fails before RDD<T> has a name")
{
    auto const throwing = map([](int x) { return x == 3 ? throw std::out_of_range{"three"} : x; });
    RDD<int> const any = rdd({1, 2, 3}, 3) | throwing;
    auto const failure = failureOf([&] { return any | count(); });
    CHECK(failure.kind == "map");
    CHECK(failure.partition == 2);
    CHECK(failure.cause == "three");
}
