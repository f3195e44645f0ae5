#include <sluice/batch/sink.hpp>

#include "../verify.hpp"

#include <functional>

using namespace sluice;
using namespace sluice::detail;

namespace {

constexpr int numbers[] = {1, 2, 3, 4};

/// Takes up to `wanted` records. Can only be moved.
struct TakingSink {
    int wanted;
    int sum = 0;
    constexpr explicit TakingSink(int n) : wanted(n) {}
    constexpr TakingSink(TakingSink&&) = default;
    constexpr TakingSink& operator=(TakingSink&&) = default;

    constexpr bool operator()(int const& x)
    {
        sum += x;
        return --wanted > 0;
    }
};

constexpr bool stops(int wanted, std::size_t size, std::size_t count, int sum, bool more)
{
    TakingSink sink{wanted};
    auto const taken = pushSpan(numbers, size, sink);
    return taken.count == count && taken.more == more && sink.sum == sum;
}

/// The numbers, one to each partition but the second, which must not be asked.
struct Parts {
    static constexpr bool isEmpty(std::size_t p) { return p == 1; }

    template <class Sink>
    constexpr std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        if (p == 1) throw InvalidArgument{"known to be empty"};
        return from + pushSpan(numbers + p + from, 1 - from, sink).count;
    }
};

constexpr bool pushes(int wanted, std::size_t first, std::size_t last, std::size_t from, int sum, std::size_t at)
{
    TakingSink sink{wanted};
    return pushPartitions(Parts{}, first, last, from, sink) == at && sink.sum == sum;
}

constexpr int folded()
{
    constexpr std::plus<> add;
    constexpr Label label{"fold"};
    FoldSink<std::plus<>, int> sink(&add, &label, 100);
    pushSpan(numbers, 4, sink);
    return std::move(sink).value();
}

/// Says how many records it has taken each time that it is settled.
struct SettledSink {
    int taken = 0;
    int settled = 0;
    int last = 0;

    constexpr bool operator()(int const& x)
    {
        ++taken;
        return x < last;
    }
    constexpr void settle()
    {
        settled = 10 * settled + taken;
        taken = 0;
    }
};

constexpr int settled(int last)
{
    SettledSink sink{.last = last};
    pushSpan(numbers, 4, sink);
    return 10 * sink.settled + sink.taken;
}

}  // namespace

TEST_CASE("a span is pushed until the sink has enough, and the sink keeps its state")
{
    VERIFY(stops(10, 4, 4, 10, true));
    VERIFY(stops(2, 4, 2, 3, false));
    VERIFY(stops(4, 4, 4, 10, false));
    VERIFY(stops(1, 0, 0, 0, true));
}

TEST_CASE("partitions are pushed one after another until the sink has enough, and the sink keeps its state")
{
    VERIFY(pushes(10, 0, 4, 0, 1 + 3 + 4, 1));
    VERIFY(pushes(10, 2, 3, 0, 3, 1));
    VERIFY(pushes(2, 0, 4, 0, 1 + 3, 1));
    VERIFY(pushes(1, 0, 4, 0, 1, 1));
    VERIFY(pushes(10, 0, 1, 1, 0, 1));
    VERIFY(pushes(10, 1, 1, 0, 0, 0));
}

TEST_CASE("a sink that settles does so before the loop and after each record that does not end it")
{
    VERIFY(settled(9) == 11110);
    VERIFY(settled(3) == 111);
}

TEST_CASE("a folding sink combines from left to right") { VERIFY(folded() == 110); }

TEST_CASE("what the function of a folding sink throws has a name")
{
    auto const f = [](int a, int b) { return b == 3 ? throw std::out_of_range{"three"} : a + b; };
    Label const label{"fold"};
    FoldSink<decltype(f), int> sink(&f, &label, 0);
    CHECK_THROWS_WITH_AS(pushSpan(numbers, 4, sink), "sluice::fold: three", StreamError);
}
