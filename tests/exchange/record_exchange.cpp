#include <sluice/exchange/record_exchange.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/take.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>

using namespace sluice;
using namespace sluice::detail;

namespace {

/// Sends numbers where they belong, modulo n.
struct Modulo {
    template <class R>
    static std::size_t target(Label const&, R const& record, std::size_t targets)
    {
        if (record < 0) throw std::runtime_error{"negative"};
        return static_cast<std::size_t>(record) % targets;
    }
};

struct Send : RedistributeBase<Send> {
    static constexpr bool byKey = false;
    std::size_t n;
    Label label{"send", CallSite::here()};
    explicit Send(std::size_t partitions) : n(partitions) {}

    template <class Up>
    [[nodiscard]] Partitioning partitioning(Up const&) const
    {
        return {n};
    }
    [[nodiscard]] static Modulo route(std::size_t) { return {}; }
    template <class Up>
    static constexpr bool accepts = true;
};

struct TwoAtATime {
    std::vector<int>* read;
    bool operator()(int x)
    {
        read->push_back(x);
        return read->size() % 2 != 0;
    }
};

std::vector<int> const numbers{5, 3, 8, 1, 9, 2, 7};

}  // namespace

TEST_CASE("records stand in their targets in the order of partitions and positions")
{
    std::vector<int> const expected{3, 9, 1, 7, 5, 8, 2};
    for (std::size_t from : {1U, 2U, 3U, 9U}) {
        auto const sent = rdd(numbers, from) | Send{3};
        CHECK(sent.numPartitions() == 3);
        CHECK((sent | collect()) == expected);
    }
}

TEST_CASE("a target is read from any position, across the lists that it is made of")
{
    auto const sent = rdd(numbers, 4) | Send{2};
    for (std::size_t n = 0; n <= 8; ++n) {
        auto const all = sent | collect();
        CHECK((sent | take(n)) == std::vector<int>(all.begin(), all.begin() + static_cast<long>(std::min(n, all.size()))));
    }
    sent.node().prepare();
    std::vector<int> read;
    TwoAtATime push{&read};
    std::size_t at = 0;
    for (std::size_t next = 0; (next = sent.node().each(1, at, push)) != at; at = next) {}
    CHECK(read == std::vector{5, 3, 1, 9, 7});
    CHECK(at == 5);
}

TEST_CASE("an exchange that failed runs anew, and keeps nothing of what failed")
{
    std::atomic<bool> bad = true;
    auto const sent = rdd(numbers, 2) | map([&](int x) { return bad && x == 7 ? -1 : x; }) | Send{2};
    CHECK_THROWS_AS(sent | collect(), std::runtime_error);
    bad = false;
    CHECK((sent | collect()) == std::vector{8, 2, 5, 3, 1, 9, 7});
}

TEST_CASE("where no key says so, nothing is known of where records are") { CHECK(!partitioningOf((rdd(numbers, 2) | Send{4}).node())); }
