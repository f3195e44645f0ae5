#include "../streamed.hpp"
#include "afternoon.hpp"
#include "handwritten.hpp"
#include "sluice.hpp"

// Ten million rows (key, number), in the short form one million, are added up by key; keys are integers, or texts of 5 to 11 bytes.

namespace {

using namespace reduce_by_key;
using bench::Kind;

template <class Key, class Rows>
void addByHand(std::vector<bench::Contestant>& contestants, Rows const& rows, std::size_t keys)
{
    auto const table = std::make_shared<Table<Key>>();
    bench::addOther(contestants, Kind::hand, "flat table", "batch", [table, &rows](auto f) {
        table->clear();
        reduceDirectly(rows, *table);
        table->each(f);
    });
    bench::addOther(contestants, Kind::hand, "flat table, prefetched by 64 rows", "batch", [table, &rows](auto f) {
        table->clear();
        reducePrefetched(rows, *table);
        table->each(f);
    });
    int const bits = keys < 100'000 ? 0 : 9;
    if (bits > 0) {
        auto const parts = std::make_shared<Parts<Key>>(bits);
        bench::addOther(contestants, Kind::hand, "512 parts by hash", "batch",
                        [parts, &rows](auto f) { parts->reduce(rows, [&](auto const& part) { part.each(f); }); });
    }
    auto const two = std::make_shared<TwoThreads<Key>>(bits);
    contestants.push_back({Kind::hand, bits == 0 ? "each a half of the rows" : "each a half of the rows, then of the parts", "two threads",
                           [two, &rows] {
                               std::int64_t sums[2] = {0, 0};
                               two->reduce(rows, [&](int i, auto const& part) {
                                   std::int64_t sum = 0;
                                   part.each([&](auto const&, std::int64_t value) { sum += value; });
                                   sums[i] += sum;
                               });
                               bench::keep(sums);
                           },
                           [two, &rows] {
                               std::uint64_t digests[2] = {0, 0};
                               two->reduce(rows, [&](int i, auto const& part) {
                                   part.each([&](auto const& key, std::int64_t value) { digests[i] += bench::digestOf(key, value); });
                               });
                               return digests[0] + digests[1];
                           }});
}

template <class Key, class Rows>
void compare(bench::Suite& suite, std::string const& kind, std::string const& size, Rows const& rows, std::size_t keys)
{
    std::vector<bench::Contestant> contestants;
    addByHand<Key>(contestants, rows, keys);
    bench::addOther(
        contestants, Kind::afternoon, "std::unordered_map", "batch",
        [&rows](auto f) {
            for (auto const& [key, sum] : reduceInStdMap(rows)) f(key, sum);
        },
        3);
    bench::addBatch(contestants, [&rows] { return sums(sluice::rdd(rows)); });
    bench::addStreamed(contestants, [&rows](sluice::StreamingContext& context, std::size_t partitions) {
        return sums(sluice::constantStream(context, sluice::rdd(rows, partitions)));
    });
    suite.compare({"reduceByKey",
                   size + " " + kind,
                   "row",
                   static_cast<double>(rows.size()),
                   {{"batch", 1.15}, {"inline", 1.15}, {"two workers", 1 / 0.95}}},
                  contestants);
}

}  // namespace

int main(int argc, char** argv)
{
    bench::Suite suite{argc, argv};
    std::size_t const count = suite.isShort() ? 1'000'000 : 10'000'000;
    for (auto const& [size, keys] : {std::pair{"10³", 1000U}, std::pair{"10⁶", 1'000'000U}, std::pair{"10⁷", 10'000'000U}}) {
        if (suite.isShort() && keys > count) continue;
        compare<IntegerKey>(suite, "int64 keys", size, integerRows(count, keys), keys);
    }
    for (auto const& [size, keys] : {std::pair{"10³", 1000U}, std::pair{"10⁶", 1'000'000U}, std::pair{"10⁷", 10'000'000U}}) {
        if (suite.isShort() && keys > count) continue;
        TextRows const text{count, keys};
        compare<TextKey>(suite, "string keys", size, text.rows, keys);
    }
    return suite.exitCode();
}
