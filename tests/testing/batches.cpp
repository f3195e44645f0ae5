#include <sluice/testing/batches.hpp>

#include <doctest/doctest.h>

#include <sstream>

using namespace sluice;
using testing::Batches;

namespace {

template <class T>
std::string shown(Batches<T> const& batches)
{
    std::ostringstream out;
    out << batches;
    return out.str();
}

class Opaque {  // its members are nobody's affair
public:
    Opaque(int number) : x_(number) {}
    [[maybe_unused]] friend bool operator==(Opaque const&, Opaque const&) = default;

private:
    int x_;
};

}  // namespace

TEST_CASE("braces are batches: records, an empty batch, no RDD")
{
    Batches<int> const batches{{1, 2}, {}, std::nullopt};
    REQUIRE(batches.size() == 3);
    CHECK(*batches[0] == std::vector{1, 2});
    CHECK(batches[1]);
    CHECK((*batches[1]).empty());
    CHECK(!batches[2]);
}

TEST_CASE("an empty batch and no RDD are not the same")
{
    CHECK(Batches<int>{{}} != Batches<int>{std::nullopt});
    CHECK(Batches<int>{{}} == Batches<int>{{}});
    CHECK(Batches<int>{{1}} != Batches<int>{{2}});
    CHECK(Batches<int>{{1}} != Batches<int>{{1}, {}});
    CHECK(Batches<int>{std::nullopt} == Batches<int>{std::nullopt});
}

TEST_CASE("two strings in braces are two records")
{
    Batches<std::string> const batches{{"to", "be"}};
    REQUIRE(batches.size() == 1);
    CHECK(*batches[0] == std::vector<std::string>{"to", "be"});
}

TEST_CASE("batches show themselves to test frameworks")
{
    CHECK(shown(Batches<int>{{1, 2}, {}, std::nullopt}) == "{[1, 2], [], no RDD}");
    CHECK(shown(Batches<std::pair<std::string, int>>{{{"a", 1}}}) == "{[(a,1)]}");
    CHECK(shown(Batches<Opaque>{{{1}, {2}}}) == "{2 records}");
    CHECK(shown(Batches<int>{}) == "{}");
}
