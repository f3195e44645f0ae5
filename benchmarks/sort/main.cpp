#include <sluice/operators/collect.hpp>
#include <sluice/operators/sort_by_key.hpp>

#include "../streamed.hpp"
#include "handwritten.hpp"

#include <algorithm>

// Rows (key, number) in the order of keys, which are spread over all integers: ten million, in the short form one million.

namespace {

using bench::Kind;
using Rows = std::vector<sorting::Row>;

/// A digest of the order.
std::uint64_t orderOf(auto const& rows)
{
    std::uint64_t digest = 0;
    for (auto const& [key, value] : rows) digest = digest * 0x9e3779b97f4a7c15ULL + bench::digestOf(key, value);
    return digest;
}
std::int64_t sumOfRows(auto const& rows)
{
    std::int64_t sum = 0;
    for (auto const& [key, value] : rows) sum += value;
    return sum;
}

class Sorted {
public:
    Sorted(bench::Where const& column, Rows const& rows)
        : program_(column.master, [&](sluice::StreamingContext& context) {
              sluice::constantStream(context, sluice::rdd(rows, column.partitions)) | sluice::sortByKey() |
                  sluice::foreachRDD([this](auto const& sorted) {
                      if (digesting_) digest_ = orderOf(sorted | sluice::collect());
                      else sum_ = bench::sumOf(sorted);
                  });
          })
    {
    }
    void run()
    {
        program_.batch();
        bench::keep(sum_);
    }
    std::uint64_t result()
    {
        digesting_ = true;
        program_.batch();
        digesting_ = false;
        return digest_;
    }

private:
    std::int64_t sum_ = 0;
    std::uint64_t digest_ = 0;
    bool digesting_ = false;
    bench::Program program_;
};

}  // namespace

int main(int argc, char** argv)
{
    bench::Suite suite{argc, argv};
    bench::Random random{1};
    Rows rows;
    for (std::size_t i = suite.isShort() ? 1'000'000 : 10'000'000; i > 0; --i)
        rows.emplace_back(static_cast<std::int64_t>(random()), static_cast<std::int64_t>(i % 100));

    std::vector<bench::Contestant> contestants;
    sorting::Sorter sorter;
    contestants.push_back({Kind::hand, "radix: ten bits, then 22 in the cache", "batch", [&] { bench::keep(sumOfRows(sorter(rows))); },
                           [&] { return orderOf(sorter(rows)); }});
    auto const standard = [&] {
        Rows copy = rows;
        std::stable_sort(copy.begin(), copy.end(), [](auto const& a, auto const& b) { return a.first < b.first; });
        return copy;
    };
    contestants.push_back({Kind::afternoon, "std::stable_sort", "batch", [&] { bench::keep(sumOfRows(standard())); },
                           [&] { return orderOf(standard()); }, 3});
    contestants.push_back({Kind::sluice, "sluice", "batch", [&] { bench::keep(bench::sumOf(sluice::rdd(rows) | sluice::sortByKey())); },
                           [&] { return orderOf(sluice::rdd(rows) | sluice::sortByKey() | sluice::collect()); }});
    for (auto const& column : bench::columns) {
        auto const sorted = std::make_shared<Sorted>(column, rows);
        contestants.push_back({Kind::sluice, "sluice", column.name, [sorted] { sorted->run(); }, [sorted] { return sorted->result(); }});
    }
    suite.compare({"sort",
                   suite.isShort() ? "10⁶ rows, int64" : "10⁷ rows, int64",
                   "row",
                   static_cast<double>(rows.size()),
                   {{"batch", 1.20}, {"inline", 1.20}}},
                  contestants);
    return suite.exitCode();
}
