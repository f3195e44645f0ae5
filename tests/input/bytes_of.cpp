#include <sluice/input/bytes_of.hpp>
#include <sluice/input/store.hpp>

#include <boost/hana/define_struct.hpp>
#include <doctest/doctest.h>

#include <array>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

using namespace sluice;

namespace {

struct Order {
    BOOST_HANA_DEFINE_STRUCT(Order, (int, number), (std::string, text));
};
class Opaque {
public:
    explicit Opaque(std::string text) : text_(std::move(text)) {}

private:
    std::string text_;
};
struct Told {
    std::string text;
};
enum class Colour : char { red };

std::string const ab = "ab";
constexpr std::size_t s = sizeof(std::string);

}  // namespace

template <>
struct sluice::BytesOf<Told> {
    static std::size_t of(Told const& told) { return sizeof told + told.text.size(); }
};

TEST_CASE("numbers and text")
{
    CHECK(bytesOf(1) == sizeof(int));
    CHECK(bytesOf(Colour::red) == 1);
    CHECK(bytesOf(std::string(100, 'x')) == s + 100);
    CHECK(bytesOf(std::string_view{"abc"}) == sizeof(std::string_view) + 3);
    int number = 0;
    CHECK(bytesOf(&number) == sizeof(int*));
}

TEST_CASE("what has members: each of them")
{
    CHECK(bytesOf(std::pair{1, ab}) == sizeof(int) + s + 2);
    CHECK(bytesOf(std::tuple{ab, ab, 'c'}) == 2 * (s + 2) + 1);
    CHECK(bytesOf(Order{7, "abc"}) == sizeof(Order) + 3);
    CHECK(bytesOf(std::array<std::string, 3>{ab, ab, ""}) == 3 * s + 4);
}

TEST_CASE("what may be empty: nothing, or what is there")
{
    CHECK(bytesOf(std::optional<std::string>{}) == sizeof(std::optional<std::string>));
    CHECK(bytesOf(std::optional{ab}) == sizeof(std::optional<std::string>) + 2);
    CHECK(bytesOf(std::variant<int, std::string>{1}) == sizeof(std::variant<int, std::string>));
    CHECK(bytesOf(std::variant<int, std::string>{ab}) == sizeof(std::variant<int, std::string>) + 2);
    CHECK(bytesOf(std::unique_ptr<std::string>{}) == sizeof(void*));
    CHECK(bytesOf(std::make_unique<std::string>(ab)) == sizeof(void*) + s + 2);
    CHECK(bytesOf(std::make_shared<std::string>(ab)) == 2 * sizeof(void*) + s + 2);
}

TEST_CASE("containers: all elements")
{
    CHECK(bytesOf(std::vector<int>(5)) == sizeof(std::vector<int>) + 5 * sizeof(int));
    CHECK(bytesOf(std::vector<bool>(5)) == sizeof(std::vector<bool>) + 5);
    CHECK(bytesOf(std::vector{std::optional{ab}}) == sizeof(std::vector<int>) + sizeof(std::optional<std::string>) + 2);
    CHECK(bytesOf(std::deque<char>(9)) == sizeof(std::deque<char>) + 9);
    CHECK(bytesOf(std::set{ab}) == sizeof(std::set<std::string>) + s + 2);
    CHECK(bytesOf(std::map<int, std::string>{{1, ab}}) == sizeof(std::map<int, std::string>) + sizeof(int) + s + 2);
    CHECK(bytesOf(std::unordered_map<std::string, std::vector<int>>{{ab, {1, 2}}}) ==
          sizeof(std::unordered_map<std::string, std::vector<int>>) + s + 2 + sizeof(std::vector<int>) + 2 * sizeof(int));
}

TEST_CASE("other types as they are, unless somebody says what they hold")
{
    struct Plain {
        std::string text;
        int x;
        std::vector<int> numbers;
    };
    CHECK(bytesOf(Plain{"ab", 1, {1, 2}}) == sizeof(Plain) + 2 + 2 * sizeof(int));
    CHECK(bytesOf(Opaque{std::string(100, 'x')}) == sizeof(Opaque));
    CHECK(bytesOf(std::filesystem::path{"/a/b"}) == sizeof(std::filesystem::path));
    CHECK(bytesOf(Told{std::string(100, 'x')}) == sizeof(Told) + 100);
    CHECK(bytesOf(std::vector<Told>(1, Told{"abc"})) == sizeof(std::vector<Told>) + sizeof(Told) + 3);
}

TEST_CASE("the bound counts them")
{
    Store<std::optional<std::string>> store{1 << 20};
    auto const big = [] { return std::optional{std::string(1 << 20, 'x')}; };
    CHECK(store.tryStore(big()));  // alone
    CHECK(!store.tryStore(big()));
}
