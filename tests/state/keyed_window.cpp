#include <sluice/state/keyed_window.hpp>

#include "../verify.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <stdexcept>
#include <string>

using namespace sluice;
using namespace sluice::detail;

namespace {

/// How strings meet: one after another, which only associates. It counts, and throws where it is told.
struct Concat {
    static constexpr bool inverse = false;
    long* calls;
    long* throwAt;  // call number, or less than 0: never

    [[nodiscard]] static bool keeps() { return false; }
    [[nodiscard]] std::string add(std::string const& a, std::string const& b) const
    {
        if (++*calls == *throwAt) throw std::runtime_error{"told to"};
        return a + b;
    }
    [[nodiscard]] static std::string subtract(std::string const& a, std::string const&) { return a; }
};

struct Sum {
    static constexpr bool inverse = true;
    long* calls;
    long* throwAt;

    [[nodiscard]] static bool keeps() { return false; }
    [[nodiscard]] long add(long const& a, long const& b) const { return step(a + b); }
    [[nodiscard]] long subtract(long const& a, long const& b) const { return step(a - b); }
    [[nodiscard]] long step(long sum) const
    {
        if (++*calls == *throwAt) throw std::runtime_error{"told to"};
        return sum;
    }
};

template <class V>
using Batch = std::map<std::string, V>;  // the partial result of one batch

template <class V>
struct Oracle {
    std::deque<std::pair<std::int64_t, Batch<V>>> batches;

    [[nodiscard]] std::map<std::string, V> result(std::int64_t t, std::int64_t length) const
    {
        std::map<std::string, V> all;
        for (auto const& [time, batch] : batches) {
            if (time <= t - length || time > t) continue;
            for (auto const& [key, value] : batch) {
                auto const [at, fresh] = all.try_emplace(key, value);
                if (!fresh) at->second = at->second + value;
            }
        }
        return all;
    }
};

template <class V>
V valueOf(std::minstd_rand& random)
{
    if constexpr (std::is_same_v<V, std::string>) return std::string(1 + random() % 3, static_cast<char>('a' + random() % 26));
    else return static_cast<V>(random() % 1000);
}

/// One step: what leaves, what enters, the result. False: it threw, and is undone.
template <class V, class Window>
bool step(Window& window, std::int64_t t, std::int64_t length, Batch<V> const& batch, bool enters, std::map<std::string, V>& result)
{
    result.clear();
    bool once = true;  // one assertion for all: they are millions
    try {
        window.evict(Time{Duration{t - length}});
        if (enters) {
            window.begin(Time{Duration{t}}, batch.size());
            for (auto const& [key, value] : batch) window.add(tagOfKey(key), key, value);
            window.enter();
        }
        window.result([&](std::string const& key, V const& value) {
            once = result.emplace(key, value).second && once;
            return true;
        });
        CHECK(once);
    } catch (std::runtime_error const&) {
        window.undo();
        return false;
    }
    window.commit();
    return true;
}

template <class V, class Fns>
void followsTheOracle(unsigned seed, std::size_t burst = 0)
{
    CAPTURE(seed);
    std::minstd_rand random{seed};
    long calls = 0;
    long throwAt = -1;
    KeyedWindow<std::string, V, Fns> window{Fns{&calls, &throwAt}};
    Oracle<V> oracle;
    auto const length = static_cast<std::int64_t>(1 + random() % (seed % 3 == 0 ? 3 : 20));
    auto const keys = 1 + random() % 12;
    bool const throws = seed % 2 == 1;
    for (std::int64_t t = 1; t < 200; ++t) {
        Batch<V> batch;
        bool const enters = random() % 8 != 0;
        for (auto n = random() % 8; n > 0; --n)
            batch["key " + std::to_string(random() % keys + static_cast<unsigned long>(t / 50) * 5)] = valueOf<V>(random);
        if (burst > 0 && t % 60 == 20) {
            for (std::size_t i = 0; i < burst; ++i) batch["many " + std::to_string(i)] = valueOf<V>(random);
        }
        std::map<std::string, V> result;
        throwAt = throws && random() % 3 == 0 ? calls + 1 + static_cast<long>(random() % 12) : -1;
        bool taken = step(window, t, length, batch, enters, result);
        if (!taken && random() % 2 == 0) {  // tried again
            throwAt = -1;
            taken = step(window, t, length, batch, enters, result);
            CHECK(taken);
        }
        if (!taken) continue;  // the batch is missing
        if (enters) oracle.batches.emplace_back(t, batch);
        CHECK(result == oracle.result(t, length));
        CHECK(window.size() == result.size());
    }
    throwAt = -1;
    std::map<std::string, V> result;
    CHECK(step(window, 1000, length, Batch<V>{}, false, result));
    CHECK(result.empty());
    CHECK(window.empty());
}

}  // namespace

TEST_CASE("without an inverse it is the recomputed window, also after throws")
{
    for (unsigned seed = 1; seed <= 60; ++seed) followsTheOracle<std::string, Concat>(seed);
}

TEST_CASE("with an inverse it is the same")
{
    for (unsigned seed = 1; seed <= 60; ++seed) followsTheOracle<long, Sum>(seed);
}

TEST_CASE("each key and batch costs a constant number of combinations, in the worst slide, too")
{
    for (std::int64_t const length : {1, 2, 3, 7, 60, 100}) {
        CAPTURE(length);
        long calls = 0;
        long never = -1;
        KeyedWindow<std::string, std::string, Concat> window{Concat{&calls, &never}};
        Batch<std::string> const batch{{"a", "x"}, {"b", "y"}};
        long worst = 0;
        long all = 0;
        for (std::int64_t t = 1; t <= 5 * length + 10; ++t) {
            auto const before = calls;
            std::map<std::string, std::string> result;
            REQUIRE(step(window, t, length, batch, true, result));
            worst = std::max(worst, calls - before);
            if (t > 4 * length) all += calls - before;
        }
        // two fixups of at most two each, in one of them a flip, one to enter and one for the result
        CHECK(worst <= 2 * 7);
        CHECK(all <= 2 * 5 * (length + 10));
    }
}

TEST_CASE("what is kept is one partial result a batch, and the memory is used again")
{
    long calls = 0;
    long never = -1;
    KeyedWindow<std::string, std::string, Concat> window{Concat{&calls, &never}};
    std::size_t level = 0;
    for (std::int64_t t = 1; t <= 4000; ++t) {
        Batch<std::string> const batch{{"key " + std::to_string(t), "x"}, {"always", "y"}};
        std::map<std::string, std::string> result;
        REQUIRE(step(window, t, 60, batch, true, result));
        CHECK(window.size() == static_cast<std::size_t>(std::min<std::int64_t>(t, 60)) + 1);
        if (t == 1000) level = window.bytes();
    }
    CHECK(window.bytes() <= level + level / 10);
}

TEST_CASE("a burst of keys leaves nothing behind: results stay right, and memory is that of the keys that are there")
{
    followsTheOracle<std::string, Concat>(1, 2000);
    followsTheOracle<std::string, Concat>(2, 2000);
    followsTheOracle<long, Sum>(2, 2000);
}

namespace {

template <class V, class Fns>
void givesBack(V const& value)
{
    long calls = 0;
    long never = -1;
    KeyedWindow<std::string, V, Fns> window{Fns{&calls, &never}};
    Batch<V> few;
    for (int i = 0; i < 100; ++i) few["key " + std::to_string(i)] = value;
    auto many = few;
    for (int i = 0; i < 10'000; ++i) many["one of many " + std::to_string(i)] = value;
    std::map<std::string, V> result;
    std::size_t level = 0;
    std::size_t most = 0;
    std::vector<std::string> order;
    for (std::int64_t t = 1; t <= 60; ++t) {
        CAPTURE(t);
        REQUIRE(step(window, t, 6, t == 20 ? many : few, true, result));
        most = std::max(most, window.bytes());
        if (t == 19) level = window.bytes();
        if (t >= 26) CHECK(result.size() == 100);
        std::vector<std::string> now;
        window.result([&](std::string const& key, V const&) {
            if (few.contains(key)) now.push_back(key);
            return true;
        });
        if (t == 1) order = now;
        CHECK(now == order);  // each key stays in its place
    }
    CHECK(most > 20 * level);
    CHECK(window.bytes() <= 2 * level);
}

}  // namespace

TEST_CASE("what there is no more is given back, and keys stay in their order")
{
    givesBack<std::string, Concat>("x");
    givesBack<long, Sum>(1);
}

TEST_CASE("large batches in between keep no more than one that is large")
{
    long calls = 0;
    long never = -1;
    KeyedWindow<std::string, long, Sum> window{Sum{&calls, &never}};
    Batch<long> const few{{"key 1", 1}};
    Batch<long> many;
    for (int i = 0; i < 5'000; ++i) many["key " + std::to_string(i)] = 1;
    std::map<std::string, long> result;
    std::size_t level = 0;
    for (std::int64_t t = 1; t <= 100; ++t) {
        REQUIRE(step(window, t, 20, t % 19 == 0 ? many : few, true, result));
        if (t == 19) level = window.bytes();
    }
    CHECK(window.bytes() <= 2 * level);
}
