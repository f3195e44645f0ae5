#include <sluice/exchange/radix_rows.hpp>

#include <doctest/doctest.h>

#include <random>
#include <vector>

using namespace sluice::detail;

TEST_CASE("a block has room for what was asked, and is handed on")
{
    for (std::size_t const bytes : {std::size_t{0}, std::size_t{1}, std::size_t{64}, std::size_t{65}, std::size_t{3} << 20}) {
        PageBlock block(bytes);
        CHECK(block.bytes() >= bytes);
        block.data()[block.bytes() - 1] = 1;
        auto* const data = block.data();
        PageBlock other(std::move(block));
        CHECK(other.data() == data);
        block = PageBlock(10);
        other = std::move(block);
        CHECK(other.bytes() == 64);
    }
    CHECK(PageBlock{}.data() == nullptr);
}

TEST_CASE("rows wait in their parts in the order in which they came, however they are spread, until one has no more room")
{
    std::mt19937 random{3};
    for (std::size_t const parts : {1U, 2U, 255U, 256U}) {
        CAPTURE(parts);
        RadixRows rows;
        CHECK(!rows.has());
        rows.start(1000, sizeof(std::uint32_t));
        std::vector<std::vector<std::uint32_t>> expected(radixParts);
        std::vector<std::uint8_t> order;
        for (std::uint32_t i = 0;; ++i) {
            auto const part = random() % parts;
            *static_cast<std::uint32_t*>(rows.place(part)) = i;
            expected[part].push_back(i);
            order.push_back(static_cast<std::uint8_t>(part));
            if (!rows.took(part, sizeof(std::uint32_t))) break;
        }
        CHECK(order.size() >= 960);
        REQUIRE(rows.size() == order.size());
        CHECK(std::vector<std::uint8_t>(rows.ids(), rows.ids() + rows.size()) == order);
        for (std::size_t p = 0; p < radixParts; ++p) {
            std::vector<std::uint32_t> seen;
            rows.each<std::uint32_t>(p, [&](std::uint32_t const* some, std::size_t n) { seen.insert(seen.end(), some, some + n); });
            CHECK(rows.count(p) == seen.size());
            REQUIRE(seen == expected[p]);
        }
        rows.clear();
        CHECK(!rows.has());
    }
}

TEST_CASE("what was new in each part is told in the order in which it came")
{
    std::mt19937 random{4};
    for (std::size_t const n : {0U, 1U, 1000U}) {
        std::vector<std::uint8_t> ids(n), expected;
        std::vector<std::vector<std::uint8_t>> flags(radixParts);
        for (auto& id : ids) {
            id = static_cast<std::uint8_t>(random() % radixParts);
            flags[id].push_back(static_cast<std::uint8_t>(random() % 2));
            if (flags[id].back() == 1) expected.push_back(id);
        }
        std::vector<std::uint8_t> isNew;
        std::uint32_t counts[radixParts];
        for (std::size_t p = 0; p < radixParts; ++p) {
            isNew.insert(isNew.end(), flags[p].begin(), flags[p].end());
            counts[p] = static_cast<std::uint32_t>(flags[p].size());
        }
        std::vector<std::uint8_t> to(n + 1);
        to.resize(partsOfNew(ids.data(), n, isNew.data(), counts, to.data()));
        CHECK(to == expected);
    }
}
