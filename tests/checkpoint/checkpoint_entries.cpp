#include <sluice/checkpoint/checkpoint_entries.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace sluice;
using namespace sluice::detail;

namespace {

using Read = std::vector<std::pair<std::string, std::optional<std::string>>>;

/// What stands in the records, in which there is room before it.
Read read(std::deque<std::string> const& records)
{
    Read all;
    for (auto const& record : records) {
        BinaryReader reader{std::string_view{record}.substr(CheckpointEntries::room)};
        CheckpointEntries::each(reader, [&](std::string_view key, std::optional<std::string_view> value) {
            all.emplace_back(key, value ? std::optional{std::string{*value}} : std::nullopt);
        });
    }
    return all;
}

/// Encoded in place is what is encoded apart and put.
template <class Key, class... Values>
void checkSame(Key const& key, Values const&... values)
{
    CheckpointEntries inPlace;
    inPlace.encodeEntry(key, values...);
    inPlace.encodeRemoved(key);
    CheckpointEntries apart;
    apart.put(encode(key), (encode(values) + ...));
    apart.remove(encode(key));
    auto const records = inPlace.taken();
    CHECK(records == apart.taken());
    CHECK(read(records) == Read{{encode(key), (encode(values) + ...)}, {encode(key), std::nullopt}});
}

}  // namespace

TEST_CASE("entries are the same bytes, however they were encoded")
{
    checkSame(std::int64_t{1}, std::int64_t{-2});
    checkSame(std::int64_t{1}, std::int64_t{-2}, Time{std::chrono::seconds{3}});
    checkSame(std::string{"key"}, std::string{"value"});
    checkSame(std::string{"key"}, 1.5, Time{});
    // Sizes that take one byte, and those that take more.
    for (std::size_t const size : {0U, 1U, 126U, 127U, 128U, 129U, 16'383U, 16'384U, 100'000U}) {
        CAPTURE(size);
        std::string const text(size, 'x');
        checkSame(text, 1);
        checkSame(1, text);
        checkSame(std::pair{text, 1}, text, Time{});
        checkSame(std::vector{text, text}, std::vector<int>(size));
    }
    checkSame(1, std::array<char, 119>{}, Time{});
    checkSame(1, std::array<char, 120>{}, Time{});
    checkSame(1, std::array<char, 127>{});
    checkSame(1, std::array<char, 128>{});
    checkSame(std::array<char, 127>{}, 1);
    checkSame(std::array<char, 128>{}, 1);
}

TEST_CASE("entries come back in their order, from records that are hardly more than full")
{
    std::minstd_rand random{1};
    CheckpointEntries entries;
    CHECK(entries.empty());
    CHECK(entries.taken().empty());
    Read expected;
    std::size_t longest = 0;
    for (int i = 0; i < 50'000; ++i) {
        auto const key = std::to_string(random());
        if (random() % 4 == 0) {
            entries.encodeRemoved(key);
            expected.emplace_back(encode(key), std::nullopt);
        } else {
            std::string const value(random() % 300, 'v');
            entries.encodeEntry(key, value);
            expected.emplace_back(encode(key), encode(value));
            longest = std::max(longest, value.size() + key.size() + 10);
        }
    }
    CHECK(!entries.empty());
    auto const records = entries.taken();
    CHECK(entries.empty());
    CHECK(records.size() > 3);
    bool full = true;
    for (std::size_t i = 0; i < records.size(); ++i) {
        full = full && records[i].size() <= CheckpointEntries::full + longest;
        if (i + 1 < records.size()) full = full && records[i].size() >= CheckpointEntries::full;
    }
    CHECK(full);
    CHECK(read(records) == expected);
    entries.put("a", "b");
    CHECK(read(entries.taken()) == Read{{"a", "b"}});
}

TEST_CASE("memory of records goes round, as much as one commit takes")
{
    RecordMemory memory;
    auto const commit = [&](int records) {
        std::vector<char const*> places;
        CheckpointEntries entries{1'000'000, &memory};
        std::string const value(CheckpointEntries::full, 'v');
        for (int i = 0; i < records; ++i) entries.put(std::to_string(i), value);
        auto taken = entries.taken();
        CHECK(taken.size() == static_cast<std::size_t>(records));
        CHECK(read(taken).front().second == value);
        for (auto& record : taken) {
            places.push_back(record.data());
            memory.give(std::move(record));
        }
        memory.settle();
        std::sort(places.begin(), places.end());
        return places;
    };
    auto const three = commit(3);
    CHECK(commit(3) == three);
    auto const two = commit(2);
    CHECK(std::includes(three.begin(), three.end(), two.begin(), two.end()));
    CHECK(memory.spare() == 2);
    memory.give(std::string(RecordMemory::least / 2, 's'));  // short ones are the allocator's
    CHECK(memory.spare() == 2);
}
