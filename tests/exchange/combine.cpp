#include <sluice/exchange/combine.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace sluice;
using namespace sluice::detail;

namespace {

/// An operator made of what Combine asks for, and no more: the texts of each key, with the calls that made them.
struct Trace : CombineBase<Trace>, PairShape {
    ByHash by;
    Label label{"trace", CallSite::here()};
    explicit Trace(std::size_t partitions) : by{partitions} {}

    template <class V>
    using Combined = std::string;
    template <class V>
    static std::string create(V const& value)
    {
        return "(" + std::string(value);
    }
    template <class V>
    static void add(std::string& combined, V const& value)
    {
        combined += "+" + std::string(value);
    }
    static void merge(std::string& combined, std::string&& other) { combined += "|" + other; }

    template <class Up>
    static constexpr bool accepts = true;
};

using Text = std::pair<int, std::string>;

template <class T>
using Batch = Slices<T>;
struct Span {
    int const* first;
};

}  // namespace

namespace sluice {
template <>
struct OwnedAs<Span> {
    using type = int;
    static int own(Span span) { return *span.first; }
};
}  // namespace sluice

static_assert(mayLookAt<Batch<std::string>, std::string, std::string_view>, "they lie in the batch");

TEST_CASE("the first value of a key in a partition creates, the next are added, partitions merge in their order")
{
    std::vector<Text> const texts{{1, "a"}, {2, "b"}, {1, "c"}, {1, "d"}, {2, "e"}, {1, "f"}};
    CHECK((rdd(texts, 2) | Trace{1} | collect()) == std::vector<Text>{{1, "(a+c|(d+f"}, {2, "(b|(e"}});
    CHECK((rdd(texts, 1) | Trace{1} | collect()) == std::vector<Text>{{1, "(a+c+d+f"}, {2, "(b+e"}});
}

TEST_CASE("what lies side by side in one partition already is not merged")
{
    std::vector<Text> const texts{{1, "a"}, {2, "b"}, {1, "c"}, {1, "d"}, {2, "e"}, {1, "f"}};
    auto const once = rdd(texts, 2) | Trace{3};
    auto const again = once | Trace{3};
    CHECK(again.numPartitions() == 3);
    for (auto const& [key, text] : again | collect()) CHECK(text == (key == 1 ? "((a+c|(d+f" : "((b|(e"));
}

TEST_CASE("kept: views that do not last are copied, what owns is handed through")
{
    Arena arena;
    std::string bytes = "bytes";
    auto const view = kept<true>(arena, std::string_view{bytes});
    auto const same = kept<false>(arena, std::string_view{bytes});
    CHECK(same.data() == bytes.data());
    bytes = "gone!";
    CHECK(view == "bytes");

    auto unique = std::make_unique<int>(7);
    static_assert(std::is_same_v<decltype(kept<true>(arena, std::move(unique))), std::unique_ptr<int>&&>);
    static_assert(std::is_same_v<decltype(kept<true>(arena, bytes)), std::string&>);
}
