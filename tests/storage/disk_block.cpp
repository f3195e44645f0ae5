#include <sluice/storage.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace sluice;

namespace {

template <class T>
std::string bytesOfAll(std::vector<T> const& records)
{
    std::string bytes;
    BinaryWriter writer{bytes};
    for (auto const& record : records) detail::encodeInto(writer, record);
    writer.finish();
    return bytes;
}

template <class T>
void goesRound(std::vector<std::vector<T>> const& blocks)
{
    detail::DecodedBlock<T> decoded;
    for (auto const& block : blocks) {
        auto const bytes = bytesOfAll(block);
        auto const* const records = decoded.decode(bytes, block.size());
        CHECK(std::vector<T>(records, records + block.size()) == block);
    }
}

}  // namespace

TEST_CASE("blocks are decoded one after another in the same memory, smaller and larger ones")
{
    goesRound<int>({{1, 2, 3}, {4}, {}, {5, 6, 7, 8, 9}});
    goesRound<std::string>({{"a", ""}, {std::string(1000, 'x')}, {"b", "c", "d"}, {"e"}});
    goesRound<std::pair<std::string, double>>({{{"a", 0.5}}, {{"b", 1.5}, {"", -1}}});
}

TEST_CASE("a block has so many records that they fit into memory beside it, and at least one")
{
    struct Large {
        char bytes[1 << 20];
    };
    CHECK(detail::mostInBlock<int> == detail::fullBlock);
    CHECK(detail::mostInBlock<Large> == 1);
}
