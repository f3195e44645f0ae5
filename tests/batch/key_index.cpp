#include <sluice/batch/key_index.hpp>

#include "../verify.hpp"

#include <map>
#include <random>
#include <vector>

using namespace sluice::detail;

TEST_CASE("keys come and go as in a map, also where many have one place")
{
    std::minstd_rand random{7};
    for (std::uint32_t const spread : {4U, 64U, ~0U}) {
        CAPTURE(spread);
        KeyIndex index;
        std::map<std::uint32_t, std::uint32_t> known;  // number to tag; tags may be alike, numbers tell them apart
        std::uint32_t next = 0;
        for (int step = 0; step < 20000; ++step) {
            if (known.empty() || random() % 100 < (step < 10000 ? 60U : 40U)) {
                auto const tag = static_cast<std::uint32_t>(random()) % spread;
                index.insert(tag, next);
                known[next++] = tag;
            } else {
                auto const one = known.lower_bound(static_cast<std::uint32_t>(random()) % next);
                std::uint32_t const number = one == known.end() ? known.begin()->first : one->first;
                std::uint32_t const tag = known.at(number);
                index.erase(tag, number);
                known.erase(number);
                CHECK(index.find(tag, [&](std::uint32_t n) { return n == number; }) == KeyIndex::none);
            }
            if (step % 1000 != 0) continue;
            CHECK(index.size() == known.size());
            for (auto const& entry : known) {
                std::uint32_t const number = entry.first;
                CHECK(index.find(entry.second, [&](std::uint32_t n) { return n == number; }) == number);
            }
        }
        index.clear();
        CHECK(index.size() == 0);
        CHECK(index.find(1, [](std::uint32_t) { return true; }) == KeyIndex::none);
    }
}

TEST_CASE("keys that are asked for by many at once have the numbers that they have one by one, also where tags are alike")
{
    std::minstd_rand random{8};
    for (std::uint32_t const spread : {3U, 64U, ~0U}) {
        CAPTURE(spread);
        KeyIndex index;
        std::map<std::uint32_t, std::uint32_t> numbers;  // of keys
        std::vector<std::uint32_t> stored;
        for (int round = 0; round < 20; ++round) {
            std::vector<std::uint32_t> keys(50), tags(50);
            for (std::size_t i = 0; i < keys.size(); ++i) {
                keys[i] = static_cast<std::uint32_t>(random()) % 300;
                tags[i] = keys[i] * 2654435769U % spread;
            }
            auto const before = static_cast<std::uint32_t>(stored.size());
            index.reserve(stored.size() + keys.size());
            std::uint32_t fresh = 0;
            auto const put = [&](std::size_t i, std::uint32_t at) { stored.resize(at), stored.push_back(keys[i]); };
            auto const same = [&](std::size_t i, std::uint32_t at) { return stored[at] == keys[i]; };
            auto const all = index.findOrInsertAll(keys.size(), tags.data(), before, put, same,
                                                   [&](std::size_t i, std::uint32_t at, std::uint32_t isNew) {
                                                       CHECK(numbers.emplace(keys[i], at).second == (isNew == 1));
                                                       CHECK(numbers[keys[i]] == at);
                                                       fresh += isNew;
                                                   });
            CHECK(all == fresh);
            stored.resize(before + all);
            CHECK(index.size() == numbers.size());
        }
    }
}

TEST_CASE("where room is made nothing moves")
{
    KeyIndex index;
    index.reserve(1000);
    auto const bytes = index.bytes();
    for (std::uint32_t i = 0; i < 1000; ++i) index.insert(i * 2654435761U, i);
    CHECK(index.bytes() == bytes);
    CHECK(bytes == 2048 * 8);
}

TEST_CASE("keys that have other numbers are found by these, in no more memory than they need")
{
    KeyIndex index;
    std::minstd_rand random{11};
    std::map<std::uint32_t, std::uint32_t> known;  // number to tag
    for (std::uint32_t i = 0; i < 5000; ++i) index.insert(known[i] = static_cast<std::uint32_t>(random()) * 7, i);
    std::vector<std::uint32_t> numbers(5000, KeyIndex::none);
    std::uint32_t next = 0;
    for (std::uint32_t i = 0; i < 5000; ++i) {
        if (i % 50 == 3) numbers[i] = next++;
        else index.erase(known[i], i);
    }
    index.renumber(numbers.data());
    CHECK(index.size() == 100);
    CHECK(index.bytes() == 256 * 8);
    for (std::uint32_t i = 0; i < 100; ++i) CHECK(index.find(known[i * 50 + 3], [&](std::uint32_t n) { return n == i; }) == i);
}
