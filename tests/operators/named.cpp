#include <sluice/operators/cache.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <functional>

using namespace sluice;
using namespace std::literals;

namespace {

/// The text of what run() throws.
template <class Error, class F>
std::string textOf(F&& run)
{
    try {
        run();
    } catch (Error const& error) {
        return error.what();
    }
    return "nothing was thrown";
}

bool has(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a name stands in the errors of the operator before it")
{
    auto const text = textOf<StreamError>([] {
        static_cast<void>(testing::runBatches<int>({{1}}, [](auto in) {
            return in | map([](int) -> int { throw std::runtime_error{"bad"}; }) | named("parse") | map([](int x) { return x; });
        }));
    });
    CHECK(has(text, "sluice::map \"parse\" ("));
    CHECK(has(text, "bad"));
}

TEST_CASE("a wide operator takes a name, too")
{
    auto const text = textOf<StreamError>([] {
        static_cast<void>(testing::runBatches<std::pair<int, int>>({{{1, 1}, {1, 2}}}, [](auto in) {
            return in | reduceByKey([](int, int) -> int { throw std::runtime_error{"bad"}; }) | named("sums");
        }));
    });
    CHECK(has(text, "sluice::reduceByKey \"sums\""));
}

TEST_CASE("naming changes neither the stream's type nor the streams that share the operator")
{
    ManualClock const clock;
    StreamingContext context{{.clock = clock, .exclusive = false}, 1s};
    auto const plain = testing::literalStream<int>(context, {}) | map([](int x) { return x; });
    auto const called = plain | named("called");
    static_assert(std::is_same_v<decltype(plain), decltype(called)>);
    CHECK(plain.node().label().name == nullptr);
    CHECK(std::string_view{called.node().label().name} == "called");
}

TEST_CASE("any stream of T takes a name")
{
    ManualClock const clock;
    StreamingContext context{{.clock = clock, .exclusive = false}, 1s};
    DStream<int> any = testing::literalStream<int>(context, {}) | map([](int x) { return x; });
    auto const called = any | named("any");
    CHECK(std::string_view{called.node().label().name} == "any");
}

TEST_CASE("a name that is given twice is refused at start, with both places")
{
    ManualClock const clock;
    StreamingContext context{{.clock = clock, .exclusive = false}, 1s};
    auto const in = testing::literalStream<int>(context, {});
    auto const first = __LINE__ + 1;
    auto const a = in | map([](int x) { return x; }) | named("twice");
    auto const second = __LINE__ + 1;
    in | cache() | named("twice") | foreachRDD([](auto) {});
    a | foreachRDD([](auto) {});
    auto const text = textOf<InvalidArgument>([&] { context.start(); });
    CHECK(has(text, "\"twice\""));
    CHECK(has(text, "named.cpp:" + std::to_string(first)));
    CHECK(has(text, "named.cpp:" + std::to_string(second)));
    CHECK(context.getState() == ContextState::stopped);
}

TEST_CASE("an empty name is refused at once")
{
    ManualClock const clock;
    StreamingContext context{{.clock = clock, .exclusive = false}, 1s};
    auto const in = testing::literalStream<int>(context, {});
    CHECK(has(textOf<InvalidArgument>([&] { static_cast<void>(in | named("")); }), "the name is empty"));
}
