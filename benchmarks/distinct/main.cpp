#include <sluice/operators/distinct.hpp>
#include <sluice/operators/map.hpp>

#include "../streamed.hpp"
#include "handwritten.hpp"

#include <unordered_set>

// Ten million numbers, in the short form one million, each once.

namespace {

using bench::Kind;
using Number = std::int64_t;

auto distinctOf(auto const& numbers)
{
    using namespace sluice;
    return numbers | sluice::distinct() | map([](Number n) { return std::pair{n, n}; });
}

void compare(bench::Suite& suite, char const* test, std::size_t rows, std::size_t keys)
{
    bench::Random random{1};
    std::vector<Number> numbers;
    for (std::size_t i = 0; i < rows; ++i) numbers.push_back(static_cast<Number>(random() % keys) * 1'000'003);

    std::vector<bench::Contestant> contestants;
    auto const set = std::make_shared<distinct::Set>();
    bench::addOther(contestants, Kind::hand, "flat set", "batch", [set, &numbers](auto f) {
        set->clear();
        for (Number const n : numbers) set->add(n, distinct::NumberKey::hash(n));
        set->each([&](Number n) { f(n, n); });
    });
    bench::addOther(contestants, Kind::hand, "flat set, prefetched by 64 rows", "batch", [set, &numbers](auto f) {
        set->clear();
        distinct::gather(numbers, *set);
        set->each([&](Number n) { f(n, n); });
    });
    if (keys > 100'000) {
        auto const parts = std::make_shared<reduce_by_key::Parts<distinct::NumberKey, distinct::Set>>(7);
        bench::addOther(contestants, Kind::hand, "128 parts by hash", "batch", [parts, &numbers](auto f) {
            parts->reduce(numbers, [&](auto const& part) { part.each([&](Number n) { f(n, n); }); });
        });
    }
    bench::addOther(
        contestants, Kind::afternoon, "std::unordered_set", "batch",
        [&numbers](auto f) {
            std::unordered_set<Number> seen(numbers.begin(), numbers.end());
            for (Number const n : seen) f(n, n);
        },
        3);
    bench::addBatch(contestants, [&numbers] { return distinctOf(sluice::rdd(numbers)); });
    bench::addStreamed(contestants, [&numbers](sluice::StreamingContext& context, std::size_t partitions) {
        return distinctOf(sluice::constantStream(context, sluice::rdd(numbers, partitions)));
    });
    suite.compare({"distinct", test, "row", static_cast<double>(rows), {{"batch", 1.20}, {"inline", 1.20}}}, contestants);
}

}  // namespace

int main(int argc, char** argv)
{
    bench::Suite suite{argc, argv};
    std::size_t const rows = suite.isShort() ? 1'000'000 : 10'000'000;
    compare(suite, "10³ of int64", rows, 1000);
    compare(suite, "10⁶ of int64", rows, 1'000'000);
    return suite.exitCode();
}
