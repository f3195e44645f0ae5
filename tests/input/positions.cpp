#include <sluice/input/positions.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace sluice;

namespace {

struct Node {
    using Record = int const&;
    [[maybe_unused]] static constexpr bool stored = true;
    [[maybe_unused]] static constexpr bool stable = true;
    std::string at;
    [[nodiscard]] std::string const& positions() const { return at; }
};

}  // namespace

TEST_CASE("a batch right out of its source has positions, one behind an operator has none")
{
    auto const batch = detail::rddOf(Node{"here"});
    CHECK(positionsOf(batch) == "here");
    CHECK(&positionsOf(batch) == &batch.node().at);
    static_assert(detail::hasPositions<Node>);
    static_assert(!detail::hasPositions<std::remove_cvref_t<decltype(rdd({1}).node())>>);
}
