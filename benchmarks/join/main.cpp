#include <sluice/operators/join.hpp>
#include <sluice/operators/map_values.hpp>

#include "../streamed.hpp"
#include "handwritten.hpp"

#include <unordered_map>

// Rows of two sides meet by key: one million on the left, in the short form 300,000, keys that are once on the right.

namespace {

using bench::Kind;
using Number = std::int64_t;
using Rows = std::vector<join::Row>;

auto joined(auto const& left, auto const& right)
{
    using namespace sluice;
    return left | sluice::join(right) | mapValues([](Number a, Number b) { return 3 * a + b; });
}

void compare(bench::Suite& suite, char const* test, std::size_t rows, std::size_t keys)
{
    auto const left = reduce_by_key::integerRows(rows, 2 * keys);  // each second finds something
    Rows right;
    for (std::size_t i = 0; i < keys; ++i)
        right.emplace_back(static_cast<Number>(i * 7919 % keys) * 1'000'003, static_cast<Number>(i % 100));

    std::vector<bench::Contestant> contestants;
    auto const table = std::make_shared<join::Table>();
    bench::addOther(contestants, Kind::hand, "flat table, prefetched by 64 rows", "batch", [&, table](auto f) {
        table->build(right);
        table->probe(left, [&](Number key, Number a, Number b) { f(key, 3 * a + b); });
    });
    bench::addOther(
        contestants, Kind::afternoon, "std::unordered_map", "batch",
        [&](auto f) {
            std::unordered_multimap<Number, Number> const found(right.begin(), right.end());
            for (auto const& [key, a] : left) {
                for (auto [at, end] = found.equal_range(key); at != end; ++at) f(key, 3 * a + at->second);
            }
        },
        3);
    bench::addBatch(contestants, [&] { return joined(sluice::rdd(left), sluice::rdd(right)); });
    bench::addStreamed(contestants, [&](sluice::StreamingContext& context, std::size_t partitions) {
        return joined(sluice::constantStream(context, sluice::rdd(left, partitions)),
                      sluice::constantStream(context, sluice::rdd(right, partitions)));
    });
    suite.compare({"join", test, "row", static_cast<double>(rows + keys), {{"batch", 1.20}, {"inline", 1.20}}}, contestants);
}

}  // namespace

int main(int argc, char** argv)
{
    bench::Suite suite{argc, argv};
    if (suite.isShort()) {
        compare(suite, "3·10⁵ rows with 10³", 300'000, 1000);
        compare(suite, "3·10⁵ rows with 10⁵", 300'000, 100'000);
    } else {
        compare(suite, "10⁶ rows with 10³", 1'000'000, 1000);
        compare(suite, "10⁶ rows with 3·10⁵", 1'000'000, 300'000);
    }
    return suite.exitCode();
}
