#include <sluice/batch/sparse.hpp>

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>

using sluice::detail::Sparse;

namespace {

template <class V>
V valueOf(unsigned x)
{
    if constexpr (std::is_same_v<V, std::string>) return std::string(20, static_cast<char>('a' + x % 26));
    else return static_cast<V>(x);
}

/// Random steps beside a map.
template <class V>
void steps()
{
    std::minstd_rand random{7};
    Sparse<V> sparse;
    std::map<std::size_t, V> known;
    for (int step = 0; step < 5000; ++step) {
        if (step % 100 == 0) sparse.reserve(static_cast<std::size_t>(step / 20 + 1));
        if (step % 1000 == 999) {
            sparse.clear();
            known.clear();
        }
        auto const at = random() % sparse.size();
        switch (random() % 4) {
            case 0:
                if (sparse.has(at)) {
                    CHECK(sparse.take(at) == known.at(at));
                    known.erase(at);
                }
                break;
            case 1:
                sparse.drop(at);
                known.erase(at);
                break;
            default: {
                auto const value = valueOf<V>(static_cast<unsigned>(random()));
                sparse.put(at, V(value));
                known[at] = value;
            }
        }
        if (step % 50 != 0) continue;
        auto next = known.begin();
        for (auto i = sparse.next(0); i < sparse.size(); i = sparse.next(i + 1), ++next) {
            REQUIRE(next != known.end());
            CHECK(i == next->first);
            CHECK(sparse.has(i));
            CHECK(sparse[i] == next->second);
        }
        CHECK(next == known.end());
    }
}

}  // namespace

TEST_CASE("at each place there is a value or none")
{
    steps<int>();
    steps<std::string>();
}

TEST_CASE("one without room has nothing, and takes none")
{
    Sparse<int> sparse;
    CHECK(sparse.size() == 0);
    CHECK(sparse.next(0) == 0);
    CHECK(sparse.bytes() == 0);
    sparse.clear();
    Sparse<int> other;
    other.reserve(9);
    other.put(8, 5);
    sparse.swap(other);
    CHECK(other.size() == 0);
    CHECK(sparse.next(0) == 8);
    CHECK(sparse[8] == 5);
    CHECK(sparse.bytes() == sparse.size() * (sizeof(int) + 1));
}

TEST_CASE_TEMPLATE("values move up in their order, those that go nowhere are gone, and so is the memory behind", V, std::uint64_t,
                   std::string)
{
    Sparse<V> sparse;
    sparse.reserve(10);
    for (unsigned i = 0; i < 10; i += 2) sparse.put(i, valueOf<V>(i));  // 0, 2, 4, 6, 8
    sluice::detail::Row<std::uint32_t> to{7};
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < 7; ++i) to[i] = i == 1 || i == 2 ? 99 : next++;
    sparse.renumber(to, 99, 5);
    REQUIRE(sparse.size() == 5);
    CHECK(sparse.has(0));
    CHECK_FALSE(sparse.has(1));
    CHECK(sparse.has(2));
    CHECK_FALSE(sparse.has(3));
    REQUIRE(sparse.has(4));
    CHECK(sparse[0] == valueOf<V>(0));
    CHECK(sparse[2] == valueOf<V>(4));
    CHECK(sparse[4] == valueOf<V>(6));
}
