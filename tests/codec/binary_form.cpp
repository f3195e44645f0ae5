#include <sluice/codec/binary_form.hpp>

#include "../verify.hpp"
#include "shapes.hpp"

#include <boost/hana/adapt_adt.hpp>
#include <boost/hana/adapt_struct.hpp>

#include <atomic>
#include <filesystem>
#include <span>

using namespace sluice;

namespace {

struct Pointing {
    int* to;
};
struct Referring {
    int& to;
};
struct Viewing {
    std::string_view text;
};
struct Constant {
    int const id = 1;
};
struct Based : shapes::Row {
    int more;
};
struct Virtual {
    virtual ~Virtual() = default;
};
struct NeedsArgument {
    explicit NeedsArgument(int x) : value(x) {}
    int value;
};
struct Holds {
    NeedsArgument inner;
};
class Computed {
public:
    [[nodiscard]] int twice() const { return 2; }
};
struct Adapted {
    int a;
    std::vector<Adapted> more;
};
enum Unscoped : short { one = 1 };

}  // namespace

BOOST_HANA_ADAPT_STRUCT(Adapted, a, more);
BOOST_HANA_ADAPT_ADT(Computed, (twice, [](auto const& c) { return c.twice(); }));

TEST_CASE("what has a binary form, and what has none")
{
    VERIFY((Encodable<bool> && Encodable<char> && Encodable<long long> && Encodable<char8_t> && Encodable<char32_t> && Encodable<double>));
    VERIFY((Encodable<shapes::Colour> && Encodable<Unscoped> && Encodable<std::byte>));
    VERIFY((!Encodable<wchar_t> && !Encodable<long double> && !Encodable<std::nullptr_t> && !Encodable<int*> && !Encodable<char const*>));
    VERIFY((Encodable<std::string> && Encodable<std::string_view> && Encodable<std::string const&>));
    VERIFY((Encodable<Time> && Encodable<Interval> && Encodable<Duration> && Encodable<std::chrono::duration<double>>));
    VERIFY((Encodable<std::pair<int const, std::string>> && Encodable<std::tuple<>> && !Encodable<std::pair<int, int*>>));
    VERIFY((Encodable<std::vector<bool>> && Encodable<std::list<std::set<int>>> && !Encodable<std::vector<int*>>));
    VERIFY((Encodable<std::span<int const>> && Encodable<std::map<int, std::string_view>> && Encodable<std::unordered_multimap<int, int>>));
    VERIFY((Encodable<std::unique_ptr<int>> && Encodable<std::shared_ptr<int const>> && !Encodable<std::unique_ptr<Virtual>>));
    VERIFY((!Encodable<std::weak_ptr<int>> && !Encodable<std::unique_ptr<int[]>>));
    VERIFY((Encodable<std::variant<std::monostate, int>> && !Encodable<std::variant<int, int*>>));
    VERIFY((Encodable<int[3]> && Encodable<std::array<char, 4>> && Encodable<int[2][3]>));
    VERIFY(
        (Encodable<shapes::Plain> && Encodable<shapes::Named> && Encodable<shapes::Tree> && Encodable<shapes::Path> && Encodable<Adapted>));
    VERIFY((!Encodable<Pointing> && !Encodable<Referring> && !Encodable<Based> && !Encodable<std::atomic<int>> &&
            !Encodable<std::filesystem::path>));
    VERIFY((Encodable<Computed> && Encodable<Viewing>));
    VERIFY((!Encodable<std::vector<Pointing>> && !Encodable<NeedsArgument> && !Encodable<Holds>));
}

TEST_CASE("what is made of bytes owns, is made without arguments, and can be written to")
{
    VERIFY(
        (Decodable<std::string_view> && Decodable<std::vector<std::pair<std::string_view, int>>> && Decodable<std::pair<int const, int>>));
    VERIFY(
        (Decodable<shapes::Plain> && Decodable<shapes::Named> && Decodable<shapes::Tree> && Decodable<shapes::Path> && Decodable<Adapted>));
    VERIFY((Decodable<std::multimap<int, std::string>> && Decodable<std::vector<std::unique_ptr<shapes::Tree>>> && !Decodable<int[2]>));
    VERIFY((!Decodable<Viewing> && !Decodable<std::span<int const>> && !Decodable<Computed> && !Decodable<Constant> && !Decodable<Holds>));
    VERIFY((!Decodable<std::map<int, Viewing>> && !Decodable<std::vector<Computed>>));
}

TEST_CASE("a member of a struct that is to blame is found")
{
    using detail::CodecCulprit;
    VERIFY((std::is_same_v<CodecCulprit<std::vector<std::pair<int, int*>>>::type, int*>));
    VERIFY((std::is_same_v<CodecCulprit<std::map<int, Pointing>>::type, detail::MemberOf<Pointing, 0, int*>>));
    VERIFY((std::is_same_v<CodecCulprit<std::optional<Viewing>>::type, detail::MemberOf<Viewing, 0, std::string_view>>));
    VERIFY((std::is_same_v<CodecCulprit<NeedsArgument>::type, NeedsArgument>));
}

TEST_CASE("schemas of what is adapted have its names, also where it lies in itself")
{
    CHECK(schemaOf<Adapted>().toString() == "{a: int32, more: sequence of the struct 0 up}");
    CHECK(schemaOf<Computed>().toString() == "{twice: int32}");
    CHECK(schemaOf<std::pair<int const, Unscoped>>().toString() == "(int32, int16)");
    CHECK(schemaOf<int[2][3]>().toString() == "array of 2 array of 3 int32");
    CHECK(schemaOf<std::chrono::duration<double, std::ratio<60>>>().toString() == "duration of 60/1 s in float64");
    CHECK(&schemaOf<int>() == &schemaOf<int>());
}

TEST_CASE("sizes are told while compiling, and images of memory where they are")
{
    VERIFY((detail::leastBytes<shapes::Plain> == 6 && detail::fixedBytes<shapes::Plain> == detail::notFixed));
    VERIFY((detail::fixedBytes<shapes::Padded> == 13 && detail::leastBytes<shapes::Tree> == 6 && detail::leastBytes<shapes::Empty> == 0));
    VERIFY((detail::isImage<shapes::Row> == (std::endian::native == std::endian::little) && !detail::isImage<shapes::Padded> &&
            !detail::isImage<bool>));
    VERIFY((detail::isRecursive<shapes::Tree> && detail::anyRecursive<std::vector<shapes::Tree>> && !detail::anyRecursive<shapes::Plain>));
}
