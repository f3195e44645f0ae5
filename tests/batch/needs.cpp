#include <sluice/batch/needs.hpp>
#include <sluice/batch/rdd.hpp>

#include "../verify.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace sluice;

namespace {

namespace need = detail::need;
template <class T>
using Stored = detail::Slices<T>;

/// One that must not be asked where those before it do not hold.
struct NeverAsked {
    template <class Up>
    [[maybe_unused]] static constexpr bool holds = Up::isNotThere;
};

using OfKeys = detail::Needs<need::Pairs, need::HashedKey, need::Movable>;

}  // namespace

TEST_CASE("a list of needs accepts where each holds, and names the first that does not")
{
    static_assert(OfKeys::accepts<Stored<std::pair<int, int>>>);
    static_assert(std::is_void_v<OfKeys::Broken<Stored<std::pair<int, int>>>>);
    static_assert(std::is_same_v<OfKeys::Broken<Stored<int>>, need::Pairs>);
    static_assert(std::is_same_v<OfKeys::Broken<Stored<std::pair<char const*, int>>>, need::HashedKey>);
    static_assert(std::is_same_v<OfKeys::Broken<Stored<std::pair<int, std::unique_ptr<int>>>>, need::Movable>);
    static_assert(detail::Needs<>::accepts<Stored<int>>);
    VERIFY(!OfKeys::accepts<Stored<int>>);
}

TEST_CASE("a need is asked only where those before it hold")
{
    using AskedLast = detail::Needs<need::Pairs, NeverAsked>;
    static_assert(std::is_same_v<AskedLast::Broken<Stored<int>>, need::Pairs>);
    VERIFY(!AskedLast::accepts<Stored<int>>);
}

TEST_CASE("a list in a list is asked in its place")
{
    using Nested = detail::Needs<detail::Needs<need::Pairs, need::HashedKey>, NeverAsked>;
    static_assert(std::is_same_v<Nested::Broken<Stored<int>>, need::Pairs>);
    static_assert(std::is_same_v<Nested::Broken<Stored<std::pair<char const*, int>>>, need::HashedKey>);
    VERIFY(!Nested::accepts<Stored<int>>);
}

TEST_CASE("functions that combine two of one type, or a result and one more")
{
    using Adds = need::Combines<std::plus<>, detail::SecondOf>;
    static_assert(Adds::holds<Stored<std::pair<int, int>>> && !Adds::holds<Stored<std::pair<int, std::unique_ptr<int>>>>);
    using Counts = need::Combines<decltype([](int n, std::string_view) { return n + 1; }), detail::FirstOf, detail::SecondOf>;
    static_assert(Counts::holds<Stored<std::pair<int, std::string>>> && !Counts::holds<Stored<std::pair<int, int>>>);
    VERIFY(Adds::holds<Stored<std::pair<int, int>>>);
}

TEST_CASE("batches that meet hold records of one type, and each can be moved from")
{
    using Ints = Stored<int>;
    static_assert(need::OneType<>::holds<Ints> && need::OneType<Ints, Ints>::holds<Ints> &&
                  !need::OneType<Ints, Stored<long>>::holds<Ints>);
    using Uniques = Stored<std::unique_ptr<int>>;
    static_assert(need::MovableAll<Ints>::holds<Ints> && !need::MovableAll<Uniques>::holds<Ints> &&
                  !need::MovableAll<Ints>::holds<Uniques>);
    VERIFY(need::OneType<Ints>::holds<Ints>);
}

TEST_CASE("what is kept of records, and for how long")
{
    using Views = Stored<std::span<int>>;
    static_assert(need::Keepable::holds<Views> && !need::Ownable::holds<Views>);
    static_assert(need::Ownable::holds<Stored<std::string_view>> && need::Copyable::holds<Stored<std::string_view>>);
    static_assert(need::Ownable::holds<Stored<std::unique_ptr<int>>> && !need::Copyable::holds<Stored<std::unique_ptr<int>>>);
    static_assert(need::Copyable::holds<Stored<std::pair<int const, int>>>);
    VERIFY(need::Keepable::holds<Views>);
}
