#include <sluice/batch/rdd.hpp>
#include <sluice/batch/stored_batch.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/map.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace sluice;

namespace {

/// Two partitions, of which the second lies in two places.
struct TwoParts : detail::RefCounted {
    using Entry = int;

    std::vector<int> first{1, 2};
    std::vector<int> second[2] = {{3}, {4, 5}};
    int prepared = 0;

    [[nodiscard]] static std::size_t partitions() { return 2; }
    [[nodiscard]] static bool isEmpty(std::size_t) { return false; }
    [[nodiscard]] static EnginePlace place() { return {}; }
    void prepare() { ++prepared; }

    template <class Take>
    std::size_t eachSpan(std::size_t p, std::size_t from, Take&& take) const
    {
        if (p == 0) return from < 2 ? from + take(first.data() + from, 2 - from).count : from;
        auto at = from;
        for (std::size_t begin = 0; auto const& list : second) {
            if (at < begin + list.size()) {
                auto const taken = take(list.data() + (at - begin), begin + list.size() - at);
                at += taken.count;
                if (!taken.more) break;
            }
            begin += list.size();
        }
        return at;
    }
};

/// One partition, side by side.
struct OnePart : detail::RefCounted {
    using Entry = int;

    std::vector<int> records{1, 2, 3};

    [[nodiscard]] static std::size_t partitions() { return 1; }
    [[nodiscard]] static detail::Partitioning partitioning() { return {1}; }
    [[nodiscard]] bool isEmpty(std::size_t) const { return records.empty(); }
    [[nodiscard]] static EnginePlace place() { return {}; }
    void prepare() {}
    [[nodiscard]] std::vector<int> const& part(std::size_t) const { return records; }
};

struct UpTo {
    int last;
    std::vector<int>* all;

    bool operator()(int x)
    {
        all->push_back(x);
        return x < last;
    }
};

}  // namespace

TEST_CASE("stored records are read partition by partition, in one place or in several")
{
    auto const owner = detail::makeCounted<TwoParts>();
    detail::StoredBatch<TwoParts> const batch{owner};
    CHECK((detail::rddOf(detail::StoredBatch<TwoParts>{owner}) | map([](int x) { return 10 * x; }) | collect()) ==
          std::vector{10, 20, 30, 40, 50});
    CHECK(owner->prepared > 0);
    CHECK(detail::partitioningOf(batch).partitions == 0);
}

TEST_CASE("a loop over stored records stops where no more are wanted, and goes on from there")
{
    detail::StoredBatch<TwoParts> const several{detail::makeCounted<TwoParts>()};
    std::vector<int> all;
    UpTo sink{4, &all};
    CHECK(several.each(1, 0, sink) == 2);
    CHECK(all == std::vector{3, 4});
    sink.last = 9;
    CHECK(several.each(1, 2, sink) == 3);
    CHECK(all == std::vector{3, 4, 5});
    CHECK(several.each(1, 3, sink) == 3);

    detail::StoredBatch<OnePart> const one{detail::makeCounted<OnePart>()};
    all.clear();
    sink.last = 2;
    CHECK(one.each(0, 0, sink) == 2);
    sink.last = 9;
    CHECK(one.each(0, 2, sink) == 3);
    CHECK(one.each(0, 3, sink) == 3);
    CHECK(all == std::vector{1, 2, 3});
    CHECK(detail::partitioningOf(one).partitions == 1);
}
