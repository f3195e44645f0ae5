#include <sluice/checkpoint/window_entry.hpp>
#include <sluice/sluice.hpp>

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <vector>

using namespace sluice;

namespace {

std::string written(std::initializer_list<std::uint32_t> numbers)
{
    detail::List<std::uint32_t> list;
    for (auto const number : numbers) list.push_back(number);
    std::string bytes;
    BinaryWriter writer{bytes};
    detail::putAscending(writer, list);
    writer.finish();
    return bytes;
}
std::vector<std::uint32_t> read(std::string const& bytes)
{
    BinaryReader reader{bytes};
    return reader.guard("numbers", [&] { return detail::getAscending(reader); });
}

}  // namespace

TEST_CASE("ascending numbers take a byte where they are neighbours, and come back")
{
    CHECK(read(written({})).empty());
    CHECK(written({0, 1, 2, 7}).size() == 5);
    CHECK(read(written({0, 1, 2, 7})) == std::vector<std::uint32_t>{0, 1, 2, 7});
    CHECK(read(written({5, 300, 4'000'000'000})) == std::vector<std::uint32_t>{5, 300, 4'000'000'000});
}

TEST_CASE("numbers that are none are refused")
{
    std::string bytes;
    BinaryWriter writer{bytes};
    writer.size(2);
    writer.size(7);
    writer.size(~std::uint32_t{0} - 7);
    writer.finish();
    CHECK_THROWS_AS(static_cast<void>(read(bytes)), CodecError);
    CHECK_THROWS_AS(static_cast<void>(read(bytes.substr(0, 2))), CodecError);
}

TEST_CASE("entries of another operator are told from a window's")
{
    auto const mine = detail::windowSchema("batches of a window");
    CHECK_NOTHROW(detail::requireWindow(mine, mine));
    CHECK_THROWS_WITH_AS(detail::requireWindow(schemaOf<std::string>().encoded(), mine),
                         "it was written by another operator, as entries of text, and this one writes {batches of a window: int64}",
                         StreamError);
}
