#include <sluice/batch/members.hpp>

#include <doctest/doctest.h>

#include <any>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

using namespace sluice;
using detail::memberCount;
using detail::notSeen;

namespace {

template <class T, class... Ms>
constexpr bool has = std::is_same_v<detail::MemberTypes<T>, detail::TypeList<Ms...>>;

struct Nothing {};
struct Also {};
struct Hit {
    std::string_view url;
    int status;
};
struct Nested {
    Hit hit;
    struct Deeper {
        Hit hits[2];
        Nothing nothing;
    } deeper;
    std::vector<Hit> more;
};
struct Arrays {
    int matrix[2][3];
    char name[4096];
    std::array<int, 3> array;
    Hit hits[2];
    std::string words[2];
    int last;
};
struct Empties {
    Nothing a;
    int x;
    Nothing b;
    Also c;
};
struct Squeezed {
    [[no_unique_address]] Nothing a;
    int x;
    [[no_unique_address]] Also b;
};
struct Constant {
    std::string const name;
    int const numbers[2];
};
struct MoveOnly {
    std::unique_ptr<int> p;
    std::unique_ptr<int> q[2];
};
struct FromAnything {
    std::any a;
    std::function<int()> f;
    std::optional<int> i;
    std::optional<std::any> o;
    std::variant<int, std::string, std::any> v;
    std::shared_ptr<void> p;
    std::tuple<std::any> t;
    std::pair<std::any, std::any> u;
    std::map<std::string, std::any> m;
};
struct Greedy {
    template <class T>
    Greedy(T&&);
    Greedy() = default;
    int x = 0;
};
struct HoldsGreedy {
    int before;
    Greedy greedy;
};
struct Bits {
    unsigned a : 3;
    unsigned b : 5;
    unsigned long c : 40;
    bool d : 1;
};
struct Defaults {
    int a = 1;
    std::string b = "b";
    int c = 3;
};

// Members that cannot be made from {}.
struct NoDefault {
    explicit NoDefault(int) {}
    NoDefault(int, int, int) {}
};
struct ExplicitDefault {
    explicit ExplicitDefault() = default;
    int x = 0;
};
struct Strict {
    int a;
    NoDefault b;
    std::string c;
};
struct StrictDefaulted {
    int a = 0;
    NoDefault b = NoDefault{1};
    int c = 0;
};
struct StrictArray {
    NoDefault three[3];
    int last;
};
struct StrictMatrix {
    int a[2];
    NoDefault b;
};
struct HoldsExplicit {
    ExplicitDefault a;
    int b;
};
struct StrictUnion {
    NoDefault a;
    union {
        int i;
        float f;
    };
};

// What cannot be told, or not be bound.
struct Based : Nothing {
    int x;
};
struct BasedOnGreedy : Greedy {
    int y;
};
struct BasedOnHit : Hit {
    int y;
};
struct BasedOnly : Hit {};
struct Variant {
    int tag;
    union {
        int i;
        float f;
    };
};
union Either {
    int i;
    float f;
};
struct NamedUnion {
    Either either;
    int x;
};
struct Reference {
    int x;
    int& r;
};
struct ReferenceFirst {
    std::string const& r;
    int x;
};
struct DefaultedReference {
    static inline int all = 0;
    int x = 0;
    int& r = all;
};
class Private {
    [[maybe_unused]] int x_ = 0;
};
struct Protocol {
    int a;
    int b;
};
struct Recursive {
    std::vector<Recursive> children;
    std::unique_ptr<Recursive> next;
    int x;
};
template <class T, int N>
struct Template {
    T t;
    T array[N];
};
struct ThirtyTwo {
    int a[2], a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, d0;
    std::string last;
};
struct ThirtyThree {
    int a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, d0, d1, d2;
};
struct StrictThirty {
    int a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9;
    NoDefault last;
};

}  // namespace

template <>
struct std::tuple_size<Protocol> : std::integral_constant<std::size_t, 1> {};

TEST_CASE("the members of aggregates are known, to any depth")
{
    static_assert(has<Hit, std::string_view, int>);
    static_assert(has<Nested, Hit, Nested::Deeper, std::vector<Hit>>);
    static_assert(has<Nested::Deeper, Hit[2], Nothing>);
    static_assert(has<Nothing> && memberCount<Nothing> == 0);
    static_assert(has<Empties, Nothing, int, Nothing, Also>);
    static_assert(has<Squeezed, Nothing, int, Also>);
    static_assert(has<Defaults, int, std::string, int>);
    static_assert(has<Template<double, 3>, double, double[3]>);
    static_assert(memberCount<ThirtyTwo> == 32 && memberCount<StrictThirty> == 30);
    struct Local {
        int a;
        std::vector<int> b;
    };
    static_assert(has<Local, int, std::vector<int>>);
    CHECK(detail::visitMembers(Hit{"/", 200}, [](std::string_view url, int status) { return url == "/" && status == 200; }));
    static_assert(detail::visitMembers(Hit{"/", 200}, [](auto const&... member) { return sizeof...(member); }) == 2);
}

TEST_CASE("an array is one member, however its braces may be left out")
{
    static_assert(has<Arrays, int[2][3], char[4096], std::array<int, 3>, Hit[2], std::string[2], int>);
    Arrays a{};
    a.matrix[1][2] = 7;
    a.last = 8;
    CHECK(detail::visitMembers(a, [](auto const& matrix, auto&&, auto&&, auto&&, auto&&, int last) { return matrix[1][2] + last; }) == 15);
}

TEST_CASE("members may be const, move-only, bit fields, and of types that are made of anything")
{
    static_assert(has<Constant, std::string, int[2]>);
    static_assert(has<MoveOnly, std::unique_ptr<int>, std::unique_ptr<int>[2]>);
    static_assert(memberCount<FromAnything> == 9 && memberCount<HoldsGreedy> == 2);
    static_assert(has<Bits, unsigned, unsigned, unsigned long, bool>);
    CHECK(detail::visitMembers(Bits{1, 2, 3, true}, [](auto... all) { return (static_cast<unsigned long>(all) + ...); }) == 7);
    static_assert(has<Recursive, std::vector<Recursive>, std::unique_ptr<Recursive>, int>);
}

TEST_CASE("a member that refers to what is const is seen to be a reference")
{
    static_assert(has<ReferenceFirst, std::string const&, int>);
}

TEST_CASE("members that have no default are counted by values")
{
    static_assert(has<Strict, int, NoDefault, std::string>);
    static_assert(has<StrictDefaulted, int, NoDefault, int>);
    static_assert(has<HoldsExplicit, ExplicitDefault, int>);
}

TEST_CASE("what cannot be told for certain is not seen through")
{
    static_assert(memberCount<StrictArray> == notSeen && memberCount<StrictMatrix> == notSeen, "arrays beside what has no default");
    static_assert(memberCount<Based> == notSeen && memberCount<BasedOnHit> == notSeen && memberCount<BasedOnly> == notSeen);
    static_assert(memberCount<BasedOnGreedy> == notSeen);
    static_assert(memberCount<Variant> == notSeen && memberCount<Either> == notSeen && memberCount<StrictUnion> == notSeen);
    static_assert(memberCount<NamedUnion> == notSeen);
    static_assert(memberCount<Reference> == notSeen && memberCount<DefaultedReference> == notSeen);
    static_assert(memberCount<Private> == notSeen && memberCount<Protocol> == notSeen && memberCount<ThirtyThree> == notSeen);
    static_assert(memberCount<int> == notSeen && memberCount<std::string> == notSeen && memberCount<int[2]> == notSeen);
}
