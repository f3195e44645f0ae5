#pragma once

#include <sluice/operators/fold.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/values.hpp>

#include "program.hpp"
#include "suite.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace bench {

inline std::uint64_t digestOf(std::string_view key, std::int64_t value) { return mixed(key) * (static_cast<std::uint64_t>(value) + 1); }
inline std::uint64_t digestOf(std::int64_t key, std::int64_t value)
{
    return mixed(static_cast<std::uint64_t>(key) + 1) * (static_cast<std::uint64_t>(value) + 1);
}

/// The sum of all values of a batch of pairs (key, number): the least that makes all of it.
auto sumOf(auto const& pairs) { return pairs | sluice::values() | sluice::fold(std::int64_t{0}, std::plus{}); }

/// A digest of all of it.
std::uint64_t digestOf(auto const& pairs)
{
    std::atomic<std::uint64_t> digest = 0;  // partitions are gone through by several threads
    pairs |
        sluice::foreach ([&](auto const& key, std::int64_t value) { digest.fetch_add(digestOf(key, value), std::memory_order_relaxed); });
    return digest;
}

/// A pipeline that makes pairs (key, number), in a started context. `build` is given the context, and returns their stream.
class Streamed {
public:
    template <class Build>
    Streamed(std::string const& master, Build&& build)
        : program_(master, [&](sluice::StreamingContext& context) {
              build(context) | sluice::foreachRDD([this](auto const& pairs) {
                  if (digesting_) digest_ = digestOf(pairs);
                  else sum_ = sumOf(pairs);
              });
          })
    {
    }
    void run()
    {
        program_.batch();
        keep(sum_);
    }
    std::uint64_t result()
    {
        digesting_ = true;
        program_.batch();
        digesting_ = false;
        return digest_;
    }

private:
    std::int64_t sum_ = 0;
    std::uint64_t digest_ = 0;
    bool digesting_ = false;
    Program program_;
};

/// The two columns of a started context. `build(context, partitions)` returns the stream.
template <class Build>
void addStreamed(std::vector<Contestant>& contestants, Build build)
{
    for (auto const& column : columns) {
        auto const streamed =
            std::make_shared<Streamed>(column.master, [&](sluice::StreamingContext& context) { return build(context, column.partitions); });
        contestants.push_back(
            {Kind::sluice, "sluice", column.name, [streamed] { streamed->run(); }, [streamed] { return streamed->result(); }});
    }
}

/// The column of the bare batch. `make()` returns the batch of pairs.
template <class Make>
void addBatch(std::vector<Contestant>& contestants, Make make)
{
    contestants.push_back({Kind::sluice, "sluice", "batch", [make] { keep(sumOf(make())); }, [make] { return digestOf(make()); }});
}

/// One without the library. `make(f)` calls f(key, number) for each pair that it makes.
template <class Make>
void addOther(std::vector<Contestant>& contestants, Kind kind, char const* name, char const* where, Make make, int rounds = 0)
{
    contestants.push_back({kind, name, where,
                           [make] {
                               std::int64_t sum = 0;
                               make([&](auto const&, std::int64_t value) { sum += value; });
                               keep(sum);
                           },
                           [make] {
                               std::uint64_t digest = 0;
                               make([&](auto const& key, std::int64_t value) { digest += digestOf(key, value); });
                               return digest;
                           },
                           rounds});
}

}  // namespace bench
