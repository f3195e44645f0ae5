#include <sluice/operators/count.hpp>
#include <sluice/operators/reduce_by_key.hpp>

#include "../runner.hpp"

#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What reduceByKey costs for 100,000 keys that somebody has chosen, against random ones of the same length: those that the hash's own
// constants make, prefixes, counters, powers of two, one changed byte.
//
//   hash      fails where a set takes more than 3 times what random keys take

namespace {

constexpr std::size_t many = 100'000;

std::string bytesOf(std::uint64_t word) { return {reinterpret_cast<char const*>(&word), 8}; }

template <class K>
std::size_t distinct(std::vector<std::pair<K, int>> const& records)
{
    return static_cast<std::size_t>(sluice::rdd(records) | sluice::reduceByKey(std::plus{}) | sluice::count());
}

/// How many times what random keys cost these cost.
template <class K, class Stored>
bool compare(std::string const& name, std::vector<Stored> const& keys, std::vector<Stored> const& random)
{
    std::vector<std::pair<K, int>> chosen, others;
    for (auto const& key : keys) chosen.emplace_back(key, 1);
    for (auto const& key : random) others.emplace_back(key, 1);
    auto const times = bench::race({{name, [&] { bench::keep(distinct(chosen)); }}, {"random", [&] { bench::keep(distinct(others)); }}}, 9);
    auto const ratio = times.ratio(0, 1);
    std::printf("  %-44s %7.2f ms  %5.2f%s\n", name.c_str(), 1e3 * times.median[0], ratio, ratio > 3 ? "  MISSED" : "");
    return ratio <= 3;
}

template <class Make>
bool texts(std::string const& name, Make&& make)
{
    bench::Random random(1);
    std::vector<std::string> keys, others;
    for (std::size_t i = 0; i < many; ++i) {
        keys.push_back(make(i));
        std::string other;
        while (other.size() < keys.back().size()) other += bytesOf(random());
        other.resize(keys.back().size());
        others.push_back(std::move(other));
    }
    return compare<std::string_view>(name, keys, others);
}

template <class Make>
bool numbers(std::string const& name, Make&& make, std::size_t distinctKeys = many)
{
    std::vector<std::uint64_t> keys, others;
    for (std::size_t i = 0; i < many; ++i) {
        keys.push_back(make(i));
        others.push_back(sluice::detail::hashWord(i % distinctKeys));
    }
    return compare<std::uint64_t>(name, keys, others);
}

}  // namespace

int main()
{
    using namespace sluice::detail;
    std::printf("%zu keys: time of reduceByKey, and as times that of random keys\n", many);
    bool good = true;
    for (auto const constant : {hashSeed, hashStep, hashLast, hashSide, hashSeed ^ hashStep, hashSeed ^ hashSide}) {
        char name[32];
        std::snprintf(name, sizeof name, "%016llx", static_cast<unsigned long long>(constant));
        good = texts("texts that begin with " + std::string(name), [=](std::size_t i) { return bytesOf(constant) + std::to_string(i); }) &&
               good;
        good = texts("texts that end with " + std::string(name), [=](std::size_t i) { return bytesOf(i) + bytesOf(constant); }) && good;
        good = numbers("counters times " + std::string(name), [=](std::size_t i) { return std::uint64_t{i} * constant; }) && good;
        good = numbers("counters against " + std::string(name), [=](std::size_t i) { return std::uint64_t{i} ^ constant; }) && good;
    }
    good = texts("a prefix of 40, and a counter", [](std::size_t i) { return std::string(40, 'a') + std::to_string(i); }) && good;
    good = texts("one changed byte of 400",
                 [](std::size_t i) {
                     std::string text(400, 'x');
                     text[i / 255] = static_cast<char>(static_cast<unsigned char>('x' + 1 + i % 255));
                     return text;
                 }) &&
           good;
    for (unsigned const shift : {0U, 16U, 32U, 47U}) {
        good = numbers("counters << " + std::to_string(shift), [=](std::size_t i) { return std::uint64_t{i} << shift; }) && good;
    }
    std::vector<std::uint64_t> sparse;
    for (unsigned a = 0; a < 64; ++a) {
        for (unsigned b = 0; b < 64; ++b) {
            for (unsigned c = 0; c < 64 && sparse.size() < many; ++c)
                sparse.push_back((std::uint64_t{1} << a) + (std::uint64_t{1} << b) + (std::uint64_t{1} << c));
        }
    }
    good = numbers("sums of three powers of two", [&](std::size_t i) { return sparse[i]; }) && good;
    // What no hash prevents: the table must. Their hashes begin alike.
    std::vector<std::uint64_t> alike;
    for (std::uint64_t key = 0; alike.size() < many / 10; ++key) {
        if (static_cast<std::uint32_t>(hashOfKey(key)) >> 22 == 5) alike.push_back(key);
    }
    good = numbers(
               "a tenth of them, at one place of a thousand", [&](std::size_t i) { return alike[i % alike.size()]; }, alike.size()) &&
           good;
    return good ? 0 : 1;
}
