#include <sluice/operators/count.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/split.hpp>
#include <sluice/operators/take.hpp>

#include "../verify.hpp"
#include "laws.hpp"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5};

/// The least that a range-for runs through: no view, no container, no traits.
struct Count {
    struct Iterator {
        int at;
        constexpr int operator*() const { return at < 100 ? at : throw std::out_of_range{"hundred"}; }
        constexpr void operator++() { ++at; }
        constexpr bool operator!=(Iterator other) const { return at != other.at; }
    };
    int to;
    [[nodiscard]] static constexpr Iterator begin() { return {0}; }
    [[nodiscard]] constexpr Iterator end() const { return {to}; }
};

constexpr auto upTo = [](int n) { return Count{n}; };
constexpr auto twins = [](int n) { return std::array{n, n}; };
constexpr auto evenOnly = [](int n) { return n % 2 == 0 ? std::optional{n} : std::nullopt; };

template <class Record, class F>
using Flattened = NodeOf<decltype(rdd(std::declval<std::vector<Record> const&>()) | flatMap(std::declval<F>()))>;

// What it is: what stands in a container that f hands over may be moved from.
template <class F>
using Element = RecordOf<Flattened<int, F>>;
static_assert(std::is_same_v<Element<decltype(upTo)>, int>);
static_assert(std::is_same_v<Element<decltype(twins)>, int&&>);
static_assert(std::is_same_v<Element<decltype(evenOnly)>, int&&>);
static_assert(std::is_same_v<RecordOf<Flattened<std::vector<int>, decltype([](auto const& v) -> auto const& { return v; })>>, int const&>);
static_assert(std::is_same_v<Element<decltype([](int) { return std::span<std::string>{}; })>, std::string&>,
              "what a view shows may not be moved from");
static_assert(std::is_same_v<Element<decltype([](int) { return std::vector<bool>{}; })>, bool>, "what stands for an element is no record");
static_assert(!Flattened<int, decltype(twins)>::stored);

// A position inside of an expansion has no name.
static_assert(!(rdd(numbers) | flatMap(twins)).node().resumable());
static_assert(!(rdd(numbers) | flatMap(twins) | map(std::negate{})).node().resumable());

// Views into a record look into the batch where the record lies there, or is a view of what does.
constexpr auto chop = [](std::string_view text) { return std::vector{text.substr(0, 1), text.substr(1)}; };
constexpr auto copy = [](std::string_view text) { return std::string{text}; };
static_assert(Flattened<std::string, decltype(chop)>::stable);
static_assert(Flattened<std::string_view, detail::Split>::stable);
static_assert(!NodeOf<decltype(rdd(std::declval<std::vector<std::string>&>()) | map(copy) | flatMap(split()))>::stable);
// What is made while a range is run through may look at bytes of that range.
struct Shown {
    std::string text;
    struct Iterator {
        std::string const* at;
        std::string_view operator*() const { return *at; }
        void operator++() { at = nullptr; }
        bool operator!=(Iterator other) const { return at != other.at; }
    };
    [[nodiscard]] Iterator begin() const { return {&text}; }
    [[nodiscard]] static Iterator end() { return {nullptr}; }
};
constexpr auto show = [](std::string_view text) { return Shown{std::string{text}}; };
static_assert(!Flattened<std::string_view, decltype(show)>::stable);

// What it takes.
template <class F>
constexpr bool acceptsInts = detail::FlatMap<F>::template accepts<detail::Slices<int>>;
static_assert(acceptsInts<decltype(upTo)> && acceptsInts<decltype(evenOnly)>);
static_assert(!acceptsInts<decltype([](int x) { return x; })>, "a record alone is no range of them");
static_assert(!acceptsInts<decltype([](int) {})>);
static_assert(!acceptsInts<decltype([n = 0](int) mutable { return std::array{n++}; })>);

// The form that emits.
constexpr auto around = [](int x, auto&& emit) {
    emit(x - 1);
    emit(x + 1);
};
template <class Record, class U, class F>
using Emitted = NodeOf<decltype(rdd(std::declval<std::vector<Record> const&>()) | flatMap<U>(std::declval<F>()))>;
static_assert(std::is_same_v<RecordOf<Emitted<int, long, decltype(around)>>, long>);
static_assert(Emitted<int, long, decltype(around)>::stable && !Emitted<int, long, decltype(around)>::stored);
constexpr auto letters = [](std::string_view text, auto emit) {
    for (char const c : text) emit(std::string(20, c));  // a view into what is gone behind this line
};
static_assert(!Emitted<std::string, std::string_view, decltype(letters)>::stable);
static_assert(!(rdd(numbers) | flatMap<int>(around)).node().resumable());

template <class U, class F>
constexpr bool emitsInts = detail::EmittingFlatMap<U, F>::template accepts<detail::Slices<int>>;
static_assert(emitsInts<int, decltype(around)>);
static_assert(emitsInts<int, decltype([](int x, auto& emit) { return emit(x); })>, "what it returns is not looked at");
static_assert(emitsInts<int, std::function<void(int, std::function<bool(int)>)>>);
static_assert(!emitsInts<int&, decltype(around)> && !emitsInts<int const, decltype(around)>);
static_assert(!emitsInts<int, decltype(twins)>, "it takes no emitter");
static_assert(!emitsInts<int, decltype([](std::string_view, auto&&) {})>);
static_assert(!emitsInts<int, decltype([n = 0](int x, auto&& emit) mutable { emit(n += x); })>);

}  // namespace

TEST_CASE("flatMap<U> takes what f emits, in order")
{
    VERIFY((rdd({3, 7}) | flatMap<int>(around) | collect()) == std::vector{2, 4, 6, 8});
    static_assert((rdd(std::vector<int>{}) | flatMap<int>(around) | collect()).empty());
    static_assert(obeysPartitionLaw(flatMap<int>(around), numbers));
    static_assert(obeysPipeLaw(flatMap<int>(around), flatMap<int>(around), numbers));
    CHECK((rdd({std::pair{2, 'a'}, std::pair{1, 'b'}}) | flatMap<char>([](int n, char c, auto&& emit) {
               for (; n > 0; --n) emit(c);
           }) |
           collect()) == std::vector{'a', 'a', 'b'});
}

TEST_CASE("a view that is emitted lives as long as it is looked at")
{
    std::vector<std::string> const words{"ab", "c"};
    auto const expected = std::vector{std::string(20, 'a'), std::string(20, 'b'), std::string(20, 'c')};
    CHECK((rdd(words) | flatMap<std::string_view>(letters) | collect()) == expected);
    CHECK(obeysErasureLaw(flatMap<std::string_view>(letters), words));
}

TEST_CASE("emitted records are moved, not copied")
{
    CHECK((rdd({1, 2}) | flatMap<std::unique_ptr<int>>([](int x, auto&& emit) { emit(std::make_unique<int>(x)); }) |
           map([](std::unique_ptr<int> p) { return *p; }) | collect()) == std::vector{1, 2});
}

TEST_CASE("emit answers whether more are wanted, and goes nowhere when none are")
{
    std::vector<bool> answers;
    auto const counting = rdd({1, 2}) | flatMap<int>([&answers](int x, auto&& emit) {
                              for (int i = 0; i < 3; ++i) answers.push_back(emit(x));
                          });
    CHECK((counting | take(2)) == std::vector{1, 1});
    CHECK(answers == std::vector<bool>{true, false, false});
}

TEST_CASE("what an emitting f throws names the flatMap, what stands behind it not")
{
    auto const throwing = flatMap<int>([](int x, auto&& emit) { emit(x == 5 ? throw std::out_of_range{"five"} : x); });
    int const line = __LINE__ - 1;
    auto const failure = failureOf([&] { return rdd(numbers, 5) | throwing | count(); });
    CHECK(failure.kind == "flatMap");
    CHECK(failure.line == line);
    CHECK(failure.partition == 4);
    CHECK(failure.cause == "five");
    auto const behind = map([](int) -> int { throw std::out_of_range{"behind"}; });
    CHECK(failureOf([&] { return rdd(numbers) | flatMap<int>(around) | behind | count(); }).kind == "map");
}

TEST_CASE("flatMap turns every record into none, one or several, in order")
{
    VERIFY((rdd({3, 0, 2}) | flatMap(upTo) | collect()) == std::vector{0, 1, 2, 0, 1});
    VERIFY((rdd({1, 2}) | flatMap(twins) | collect()) == std::vector{1, 1, 2, 2});
    static_assert((rdd(std::vector<int>{}) | flatMap(twins) | collect()).empty());
}

TEST_CASE("flatMap takes an optional as none or one record")
{
    VERIFY((rdd(numbers) | flatMap(evenOnly) | collect()) == std::vector{2, 4});
    CHECK((rdd({1, 2}) | flatMap([](int x) { return std::optional{std::make_unique<int>(x)}; }) |
           map([](std::unique_ptr<int> p) { return *p; }) | collect()) == std::vector{1, 2});
}

TEST_CASE("flatMap takes containers, views, references and members")
{
    std::vector<std::pair<int, std::vector<std::string>>> const shelves{{1, {"a", "b"}}, {2, {}}, {3, {"c"}}};
    using Shelf = std::pair<int, std::vector<std::string>>;
    CHECK((rdd(shelves) | flatMap(&Shelf::second) | collect()) == std::vector<std::string>{"a", "b", "c"});
    CHECK((rdd(shelves) | flatMap([](int n, auto const&) { return std::map{std::pair{n, 2 * n}}; }) | collect()) ==
          std::vector{std::pair{1, 2}, std::pair{2, 4}, std::pair{3, 6}});
    CHECK((rdd(numbers) | flatMap([](int x) { return std::vector<bool>{x > 2}; }) | collect()) ==
          std::vector<bool>{false, false, true, true, true});
}

TEST_CASE("flatMap obeys the laws")
{
    static_assert(obeysPartitionLaw(flatMap(upTo), numbers));
    static_assert(obeysPipeLaw(flatMap(upTo), flatMap(twins), numbers));
    CHECK(obeysErasureLaw(flatMap(chop), std::vector<std::string>{"ab", "a string of more than sixteen bytes"}));
    static_assert((rdd(numbers) | flatMap([](int x) { return std::array{x}; }) | collect()) == (rdd(numbers) | collect()));
}

TEST_CASE("what f makes lives as long as it is looked at")
{
    std::vector<std::string> const lines{"a line of more than sixteen bytes", "and another one, a little longer"};
    auto const expected =
        std::vector<std::string>{"a", "line", "of", "more", "than", "sixteen", "bytes", "and", "another", "one,", "a", "little", "longer"};
    CHECK((rdd(lines) | map(copy) | flatMap(split()) | collect()) == expected);
    RDD<std::string_view> const any = rdd(lines) | map(copy) | flatMap(split());
    CHECK((any | collect()) == expected);
    RDD<std::string_view> const shown = rdd(lines) | flatMap(show);
    CHECK((shown | collect()) == lines);
}

TEST_CASE("elements of a container that f hands over are moved, not copied")
{
    Tracked::reset();
    auto const many = [](int n) {
        std::vector<Tracked> out;
        out.reserve(2);
        out.emplace_back(n);
        out.emplace_back(-n);
        return out;
    };
    CHECK((rdd({1, 2}) | flatMap(many) | map([](Tracked t) { return t.value; }) | collect()) == std::vector{1, -1, 2, -2});
    CHECK(Tracked::copies == 0);
}

TEST_CASE("flatMap stops in the middle of an expansion when nobody wants more")
{
    int calls = 0;
    auto const endless = rdd({1, 2}) | flatMap([&calls](int) {
                             ++calls;
                             return Count{-1};
                         });
    CHECK((endless | take(3)) == std::vector{0, 1, 2});
    CHECK(calls == 1);
}

TEST_CASE("flatMap calls f once for each record, also for a reduction")
{
    int calls = 0;
    auto const counting = rdd(numbers, 2) | flatMap([&calls](int n) {
                              ++calls;
                              return Count{n};
                          });
    CHECK((counting | reduce(std::plus{})) == 20);
    CHECK(calls == 5);
}

TEST_CASE("what f throws, or the range that it returns, names the flatMap")
{
    auto const throwing = flatMap([](int x) { return x == 5 ? throw std::out_of_range{"five"} : std::array{x}; });
    int const line = __LINE__ - 1;
    auto const failure = failureOf([&] { return rdd(numbers, 2) | throwing | count(); });
    CHECK(failure.kind == "flatMap");
    CHECK(failure.line == line);
    CHECK(failure.partition == 1);
    CHECK(failure.cause == "five");

    auto const later = failureOf([&] { return rdd({99, 101}) | flatMap(upTo) | count(); });
    CHECK(later.kind == "flatMap");
    CHECK(later.cause == "hundred");

    SUBCASE("but not what an operator behind it throws")
    {
        auto const behind = map([](int) -> int { throw std::out_of_range{"behind"}; });
        CHECK(failureOf([&] { return rdd(numbers) | flatMap(twins) | behind | count(); }).kind == "map");
    }
}
