#include <sluice/batch/needs.hpp>
#include <sluice/batch/rdd.hpp>

#include "../verify.hpp"

#include <memory>
#include <span>
#include <vector>

using namespace sluice;

namespace {

namespace need = detail::need;
template <class T>
using Stored = detail::Slices<T>;

/// One that must not be asked where those before it do not hold.
struct NeverAsked {
    template <class Up>
    static constexpr bool holds = Up::isNotThere;
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

TEST_CASE("what is kept of records, and for how long")
{
    using Views = Stored<std::span<int>>;
    static_assert(need::Keepable::holds<Views> && !need::Ownable::holds<Views>);
    static_assert(need::Ownable::holds<Stored<std::string_view>> && need::Copyable::holds<Stored<std::string_view>>);
    static_assert(need::Ownable::holds<Stored<std::unique_ptr<int>>> && !need::Copyable::holds<Stored<std::unique_ptr<int>>>);
    static_assert(need::Copyable::holds<Stored<std::pair<int const, int>>>);
    VERIFY(need::Keepable::holds<Views>);
}
