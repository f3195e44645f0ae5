#include <sluice/batch/operator.hpp>
#include <sluice/batch/rdd.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/map.hpp>

#include "../verify.hpp"

using namespace sluice;
using namespace sluice::detail;

namespace {

constexpr int numbers[] = {1, 2, 3, 4};
constexpr auto twice = [](int x) { return 2 * x; };
constexpr auto isBig = [](int x) { return x > 4; };

/// Takes `wanted` records, and notes their sum.
struct SumSink {
    int wanted;
    int sum = 0;
    constexpr bool operator()(int x)
    {
        sum += x;
        return --wanted > 0;
    }
};

constexpr auto node = (rdd(numbers) | map(twice) | filter(isBig)).node();

constexpr int sumFrom(std::size_t from, int wanted)
{
    SumSink sink{wanted};
    node.each(0, from, sink);
    return sink.sum;
}

constexpr std::size_t stopsAt(std::size_t from, int wanted)
{
    SumSink sink{wanted};
    return node.each(0, from, sink);
}

template <class... Ops>
constexpr std::size_t sizeOf(Pipeline<Ops...> const&)
{
    return sizeof...(Ops);
}

}  // namespace

TEST_CASE("a narrow node is a step in the loop below it")
{
    VERIFY(sumFrom(0, 10) == 14);
    VERIFY(node.partitions() == 1);
    VERIFY(!node.isEmpty(0));
    VERIFY(node.resumable());
}

TEST_CASE("a loop may be stopped, and resumed where it stopped")
{
    VERIFY(stopsAt(0, 1) == 3);
    VERIFY(sumFrom(3, 10) == 8);
    VERIFY(stopsAt(3, 1) == 4);
    VERIFY(stopsAt(4, 1) == 4);
    VERIFY(stopsAt(0, 10) == 4);
}

TEST_CASE("the batch of a stream refers to its operators")
{
    constexpr static auto op = map(twice);
    constexpr Narrow<Slices<int>, Map<std::remove_const_t<decltype(twice)>>, Borrowed> borrowed{rdd(numbers).node(), {&op}};
    static_assert(sizeof(borrowed) == sizeof(Slices<int>) + sizeof(void*));
    auto const sum = [&] {
        SumSink sink{10};
        borrowed.each(0, 0, sink);
        return sink.sum;
    };
    CHECK(sum() == 20);
}

TEST_CASE("a pipeline is flat, and what holds nothing takes no room")
{
    VERIFY(sizeOf(map(twice) | filter(isBig)) == 2);
    VERIFY(sizeOf((map(twice) | filter(isBig)) | (map(twice) | map(twice))) == 4);
    static_assert(sizeof(map(twice)) == sizeof(Label));
}

TEST_CASE("operators are told from what is none")
{
    static_assert(AnyOperator<decltype(map(twice))> && AnyOperator<decltype(map(twice) | map(twice)) const&>);
    static_assert(!AnyOperator<decltype(map)> && OperatorFn<decltype(map)> && !AnyOperator<int>);
    static_assert(isRefused<Refused&> && !isRefused<int>);
}
