#include <sluice/state/state_table.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <stdexcept>
#include <string>

using namespace sluice;
using namespace sluice::detail;
using namespace std::chrono_literals;

namespace {

struct Known {
    std::string state;
    std::int64_t touched;
};
using Oracle = std::map<std::string, Known>;
using Table = StateTable<std::string, std::string>;

std::uint32_t tagOf(std::string const& key) { return tagOfKey(key); }

std::map<std::string, std::string> statesOf(Table const& table)
{
    std::map<std::string, std::string> all;
    bool once = true;  // one assertion for all: they are millions
    table.entries().eachSpan(0, [&](Table::Entry const* entries, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) once = all.emplace(entries[i].first, entries[i].second).second && once;
        struct {
            std::size_t count;
            bool more;
        } const taken{n, true};
        return taken;
    });
    CHECK(once);
    return all;
}

bool areOf(std::map<std::string, std::string> const& states, Oracle const& oracle)
{
    return std::equal(states.begin(), states.end(), oracle.begin(), oracle.end(),
                      [](auto const& one, auto const& known) { return one.first == known.first && one.second == known.second.state; });
}

/// Batches of random updates, removals, touches and time-outs, some of which fail at a random call and are undone. Where keys move, some
/// leave between batches, and others come, of which each second counts as changed.
void randomBatches(std::optional<Duration> timeout, unsigned seed, int burst = 0, bool keysMove = false)
{
    std::minstd_rand random{seed};
    Table table{timeout, 1s};
    Oracle oracle;
    std::map<std::string, std::string> states;
    std::map<std::string, std::string> moved;  // here, and told as changed
    std::size_t expired = 0;
    for (std::int64_t t = 1; t <= 400; ++t) {
        if (t > 1 && random() % 5 == 0) ++t;  // a batch that never was
        CAPTURE(t);
        auto const now = Time{} + t * 1s;
        if (keysMove && t > 1 && random() % 4 == 0) {
            auto const rest = random() % 4;
            auto const leaves = [rest](std::string const& key) { return std::hash<std::string>{}(key) % 4 == rest; };
            table.forget(leaves);
            for (auto* const all : {&states, &moved}) std::erase_if(*all, [&](auto const& one) { return leaves(one.first); });
            std::erase_if(oracle, [&](auto const& one) { return leaves(one.first); });
            for (int i = 0; i < 20; ++i) {
                auto const key = "key " + std::to_string(random() % 40);
                if (!leaves(key) || oracle.contains(key)) continue;  // what comes has left before
                auto const touched = t - 1 - static_cast<std::int64_t>(random() % 5);
                table.load(tagOf(key), key, "moved", Time{} + touched * 1s, i % 2 == 0);
                oracle[key] = {"moved", touched};
                (i % 2 == 0 ? moved : states)[key] = "moved";
            }
        }
        table.begin(now);
        if (t == 1) {
            for (int i = 0; i < 20; ++i) {
                auto const key = "key " + std::to_string(i);
                auto const touched = static_cast<std::int64_t>(random() % 20) - 18;
                table.load(tagOf(key), key, "of no account", now);
                table.load(tagOf(key), key, "first", Time{} + touched * 1s);
                oracle[key] = {"first", touched};
                states[key] = "first";
            }
        }
        auto const before = oracle;
        if (t == 1 || random() % 3 == 0) {
            table.noteChanges();
            states = statesOf(table);
            moved.clear();
        }
        auto failAt = random() % 4 == 0 ? static_cast<int>(random() % 12) : 1000;
        auto const mayFail = [&] {
            if (failAt-- == 0) throw std::runtime_error{"told to"};
        };
        try {
            for (auto n = random() % 10; n > 0; --n) {
                auto const key = "key " + std::to_string(random() % 40);
                auto const at = oracle.find(key);
                table.step(tagOf(key), key, [&](State<std::string>& state) {
                    CHECK(state.exists() == (at != oracle.end()));
                    if (state.exists()) CHECK(state.get() == at->second.state);
                    mayFail();
                    switch (random() % 4) {
                        case 0:
                            if (state.exists()) {
                                state.remove();
                                oracle.erase(at);
                            }
                            return;
                        case 1:
                            if (at != oracle.end() && timeout) at->second.touched = t;
                            return;
                        default:
                            auto const value = std::to_string(random());
                            state.update(value);
                            oracle[key] = {value, t};
                    }
                });
            }
            for (int i = t % 100 == 10 ? burst : 0; i > 0; --i) {
                auto const key = "many " + std::to_string(i);
                table.step(tagOf(key), key, [&](State<std::string>& state) { state.update("x"); });
                oracle[key] = {"x", t};
            }
            for (auto at = oracle.lower_bound("many"); at != oracle.end() && !timeout && t % 100 == 14;) {
                table.step(tagOf(at->first), at->first, [](State<std::string>& state) { state.remove(); });
                at = oracle.erase(at);
            }
            if (timeout) {
                table.expire([&](std::string const& key, State<std::string>& state) {
                    mayFail();
                    REQUIRE(oracle.contains(key));
                    CHECK(state.get() == oracle[key].state);
                    CHECK(Time{} + oracle[key].touched * 1s < now - *timeout);
                    oracle.erase(key);
                    ++expired;
                });
                CHECK(std::none_of(oracle.begin(), oracle.end(),
                                   [&](auto const& one) { return Time{} + one.second.touched * 1s < now - *timeout; }));
            }
            table.ready();
            if (random() % 10 == 0) throw std::runtime_error{"another partition"};
            table.commit();
        } catch (std::runtime_error const&) {
            table.undo();
            oracle = before;
        }
        // What has changed is told, each state once, and leads from the states that were to those that are.
        auto replayed = states;
        std::set<std::string> changed;
        bool once = true;
        table.changes([&](std::string const& key, auto const* entry) {
            if (entry == nullptr) {
                replayed.erase(key);
                once = once && changed.empty();
            } else {
                replayed[key] = entry->second;
                once = changed.insert(key).second && once;
            }
        });
        CHECK(once);
        auto const after = statesOf(table);
        CHECK(areOf(after, oracle));
        CHECK(table.size() == oracle.size());
        CHECK(replayed == after);
        for (auto const& one : moved) CHECK((changed.contains(one.first) || !after.contains(one.first)));
    }
    CHECK((expired > 20) == timeout.has_value());
}

}  // namespace

TEST_CASE("batches of random calls leave what a map would have, those that fail nothing")
{
    for (unsigned seed = 1; seed <= 4; ++seed) {
        CAPTURE(seed);
        randomBatches(std::nullopt, seed);
        randomBatches(1s, seed);
        randomBatches(5s, seed);
        randomBatches(2500ms, seed);
        randomBatches(30s, seed);
    }
}

TEST_CASE("keys that leave and come between batches are neither told as removed nor as changed, unless that is said")
{
    for (unsigned seed = 1; seed <= 4; ++seed) {
        CAPTURE(seed);
        randomBatches(std::nullopt, seed, 0, true);
        randomBatches(2500ms, seed, 0, true);
        randomBatches(30s, seed, 300, true);
    }
    StateTable<int, int> table{5s, 1s};
    table.begin(Time{1s});
    for (int key = 0; key < 100'000; ++key) table.load(tagOfKey(key), key, key, Time{1s});
    table.noteChanges();
    auto const full = table.bytes();
    table.forget([](int key) { return key >= 100; });  // before there has been a batch that notes changes
    CHECK(table.size() == 100);
    CHECK(table.bytes() < full / 50);
    CHECK(table.countChanges() == 0);
}

TEST_CASE("a key that is not due is looked at once in a time-out, and memory stays level")
{
    StateTable<int, int> table{50s, 1s};
    std::size_t level = 0;
    std::size_t expired = 0;
    for (int t = 1; t <= 2000; ++t) {
        table.begin(Time{} + t * 1s);
        for (int i = 0; i < 20; ++i) {
            int const key = t * 2 + i;  // a tenth of them new, each of them there for ten batches
            table.step(tagOfKey(key), key, [&](State<int>& state) { state.update(t); });
        }
        if (table.mayExpire()) table.expire([&](int, State<int>&) { ++expired; });
        table.ready();
        table.commit();
        if (t == 200) level = table.bytes();
        if (t > 200) CHECK(table.bytes() <= level + level / 8);
    }
    CHECK(expired == 3898);      // of keys 2 to 4019
    CHECK(table.size() == 120);  // those that batch 1950 has, and later ones
}

TEST_CASE("a burst of keys leaves nothing behind: states stay right, and memory is that of the keys that are there")
{
    randomBatches(std::nullopt, 1, 1500);
    randomBatches(2500ms, 2, 1500);
    randomBatches(30s, 3, 300);
    StateTable<int, int> table{20s, 1s};
    std::size_t level = 0;
    std::size_t most = 0;
    std::vector<int> order;
    for (int t = 1; t <= 80; ++t) {
        table.noteChanges();
        table.begin(Time{} + t * 1s);
        for (int key = 0; key < (t == 30 ? 50'000 : 100); ++key) {
            table.step(tagOfKey(key), key, [&](State<int>& state) { state.update(t); });
        }
        if (table.mayExpire()) table.expire([&](int key, State<int>&) { CHECK(key >= 100); });
        table.ready();
        table.commit();
        std::vector<int> now;
        table.entries().eachSpan(0, [&](auto const* entries, std::size_t n) {
            struct {
                std::size_t count;
                bool more;
            } const taken{n, true};
            for (std::size_t i = 0; i < n; ++i) {
                if (entries[i].first < 100) now.push_back(entries[i].first);
            }
            return taken;
        });
        if (t == 1) order = now;
        CHECK(now == order);  // each key stays in its place
        std::size_t changed = 0;
        table.changes([&](int, auto const* entry) { changed += entry != nullptr ? 1 : 0; });
        CHECK(changed == (t == 30 ? 50'000 : 100));
        most = std::max(most, table.bytes());
        if (t == 29) level = table.bytes();
    }
    CHECK(table.size() == 100);
    CHECK(most > 50 * level);
    CHECK(table.bytes() <= 2 * level);
}

TEST_CASE("lists of time-outs are few, however long these are")
{
    for (Duration const timeout : {Duration{24h}, Duration{24h * 3650}, Duration::max()}) {
        StateTable<int, int> table{timeout, 1ms};
        for (int t = 1; t <= 3'000; ++t) {
            table.begin(Time{} + t * 1ms);
            if (t == 1) {
                for (int key = -100; key < 0; ++key) table.load(tagOfKey(key), key, 0, Time{} - (timeout / 100) * -key);
            }
            table.step(tagOfKey(t), t, [&](State<int>& state) { state.update(t); });
            if (table.mayExpire()) table.expire([&](int, State<int>&) {});
            table.ready();
            table.commit();
        }
        CHECK(table.size() >= 3'099);
        CHECK(table.bytes() < 600'000);
    }
}

TEST_CASE("each key times out in its batch, whatever the list that it stood in")
{
    StateTable<int, int> table{10'000s, 1s};
    std::map<int, int> expired;
    for (int t = 1; t <= 25'000; ++t) {
        std::vector<int> now;
        auto const attempt = [&] {
            now.clear();
            table.begin(Time{} + t * 1s);
            // A key in each third batch up to 9000, every second of them touched again 4000 later.
            for (int const key : {t, t - 4000}) {
                if (key < 1 || key > 9000 || key % 3 != 0 || (key != t && key % 2 != 0)) continue;
                table.step(tagOfKey(key), key, [&](State<int>& state) { state.update(t); });
            }
            if (table.mayExpire()) table.expire([&](int key, State<int>&) { now.push_back(key); });
            table.ready();
        };
        attempt();
        if (t % 7 == 0) {
            table.undo();
            attempt();
        }
        table.commit();
        for (int const key : now) CHECK(expired.emplace(key, t).second);
    }
    CHECK(expired.size() == 3000);
    for (auto const& [key, t] : expired) CHECK(t == key + (key % 2 == 0 ? 4000 : 0) + 10'001);
    CHECK(table.size() == 0);
}
