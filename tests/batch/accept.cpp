#include <sluice/batch/accept.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/take.hpp>

#include "../operators/laws.hpp"
#include "../verify.hpp"

#include <functional>
#include <memory>

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr int numbers[] = {1, 2, 3, 4, 5, 6, 7};
constexpr auto twice = [](int x) { return 2 * x; };
constexpr auto isBig = [](int x) { return x > 6; };
constexpr auto clean = map(twice) | filter(isBig);

}  // namespace

TEST_CASE("a pipeline is a value without a source, to be used again")
{
    VERIFY((rdd(numbers) | clean | count()) == 4);
    VERIFY((rdd({1, 4}) | clean | collect()) == std::vector{8});
    static_assert((rdd(numbers) | (clean | map(twice) | reduce(std::plus{}))) == 88);
    static_assert((rdd(numbers) | (clean | clean) | take(2)) == std::vector{16, 20});
}

namespace of_a_user {

enum class Flags { none, some };
[[maybe_unused]] constexpr Flags operator|(Flags a, Flags b) { return a == Flags::none ? b : a; }  // hides those of namespaces around it

// A pipe is found by what stands in it.
constexpr auto quarters = sluice::map(twice) | sluice::map(twice) | sluice::filter(isBig);

}  // namespace of_a_user

TEST_CASE("a pipeline needs no using-directive, and stands another operator|")
{
    static_assert((sluice::rdd(numbers) | of_a_user::quarters | sluice::count()) == 6);
    VERIFY((sluice::rdd(numbers) | of_a_user::quarters | sluice::count()) == 6);
}

TEST_CASE("a pipe is associative")
{
    static_assert(obeysPipeLaw(map(twice), filter(isBig), numbers));
    static_assert(obeysPipeLaw(map(twice) | filter(isBig), map(twice), numbers));
    static_assert(obeysPipeLaw(map(twice), filter(isBig) | map(twice) | count(), numbers));
}

TEST_CASE("a batch takes the operators of a pipeline: a kept one is copied, a temporary moved")
{
    Tracked big{3};
    auto pipeline = map([big](int x) { return big.value * x; }) | filter([big](int x) { return x > big.value; }) | count();
    Tracked::reset();
    CHECK((rdd(numbers) | pipeline) == 6);
    CHECK(Tracked::copies == 2);
    CHECK((rdd(numbers) | std::move(pipeline)) == 6);
    CHECK(Tracked::copies == 2);
}

TEST_CASE("functions that can only be moved may stand in a pipeline")
{
    auto const product = rdd({1, 2}) | (map([p = std::make_unique<int>(3)](int x) { return x * *p; }) |
                                        filter([p = std::make_unique<int>(3)](int x) { return x > *p; }) | count());
    CHECK(product == 1);
}

TEST_CASE("a pipeline may be gone when its batch runs")
{
    auto const cleaned = [](auto batch) {
        std::string const mark = "a mark of more than sixteen bytes";
        auto const marked = map([mark](std::string const& s) { return s + mark; });
        auto const both = marked | filter([mark](std::string const& s) { return s != mark; });
        return batch | both;
    };
    std::vector<std::string> const texts{"", "a"};
    auto const batch = cleaned(rdd(texts));
    CHECK((batch | collect()) == std::vector<std::string>{"aa mark of more than sixteen bytes"});
    CHECK((batch | count()) == 1);
    RDD<std::string> const any = cleaned(rdd(texts));
    CHECK((any | count()) == 1);
}

TEST_CASE("to run a batch copies none of its functions")
{
    Tracked big{3};
    auto const batch = rdd(numbers, 2) | map([big](int x) { return big.value * x; });
    RDD<int> const any = batch;
    Tracked::reset();
    CHECK((batch | count()) == 7);
    CHECK((batch | collect()).size() == 7);
    CHECK((any | reduce(std::plus{})) == 84);
    CHECK(Tracked::copies + Tracked::moves == 0);
}

TEST_CASE("what is refused is one error: the rest of the pipe is silent")
{
    // The rest of a pipe behind Refused compiles to nothing, whatever it is.
    static_assert(detail::isRefused<decltype(detail::Refused{} | map(twice) | count() | 5)>);
    // Which operator of a pipeline is refused is known without applying it.
    using Batch = decltype(rdd(numbers));
    constexpr auto length = [](std::string_view s) { return s.size(); };
    using Wrong = decltype(map(twice) | map(length) | count());
    using Refusal = detail::RefusalIn<Batch, Wrong>::type;
    static_assert(std::is_same_v<Refusal::Op, decltype(map(length))>);
    static_assert(std::is_void_v<detail::RefusalIn<Batch, decltype(map(twice) | count())>::type>);
}
