#include <sluice/operators/cache.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/stream/cached_records.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace sluice;

TEST_CASE("what is cached is owned: text made on the way is there when it is read")
{
    auto const out = testing::runBatches<int>({{1, 22}, {}}, [](auto in) {
        auto const text = in | map([](int x) { return std::string(static_cast<std::size_t>(x), 'x'); }) |
                          map([](std::string_view s) { return s; }) | cache();
        static_assert(std::is_same_v<typename decltype(text)::Value, std::string>);
        return text | map([](std::string const& s) { return static_cast<int>(s.size()); });
    });
    CHECK(out == testing::Batches<int>{{1, 22}, {}});
}

TEST_CASE("answers are kept, too: of bool nothing is packed")
{
    auto const out = testing::runBatches<int>({{1, 2, 4}, {}, {3}}, [](auto in) {
        return in | map([](int x) { return x % 2 == 0; }) | cache() | map([](bool even) { return even ? 'e' : 'o'; });
    });
    CHECK(out == testing::Batches<char>{{'o', 'e', 'e'}, {}, {'o'}});
}

TEST_CASE("records are made once, and their memory is used again until it is far more than they need")
{
    int calls = 0;
    auto const batchOf = [&calls](int n) {
        return (rdd(std::vector<int>(static_cast<std::size_t>(n), 7), 2) | map([&calls](int x) { return ++calls, x; })).node();
    };
    detail::CachedRecords<decltype(batchOf(0))> kept;
    kept.plan(batchOf(50'000));
    CHECK(kept.partitions() == 2);
    CHECK(!kept.isEmpty(0));
    kept.prepare();
    kept.prepare();
    CHECK(calls == 50'000);
    CHECK(kept.records() == 50'000);
    auto const* const before = kept.part(0).data();

    kept.clear();
    kept.plan(batchOf(49'000));
    kept.prepare();
    CHECK(kept.records() == 49'000);
    CHECK(kept.part(0).data() == before);
    CHECK(kept.part(0).data()[24'499] == 7);

    for (int i = 0; i < 20 && !kept.parts.empty(); ++i) {
        kept.clear();
        if (kept.parts.empty()) break;
        kept.plan(batchOf(2));
        kept.prepare();
    }
    CHECK(kept.parts.empty());
    kept.plan(batchOf(2));
    kept.prepare();
    CHECK(kept.records() == 2);
}
