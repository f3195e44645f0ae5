#pragma once

#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/testing/run_batches.hpp>

#include "handwritten.hpp"
#include "report.hpp"
#include "sluice.hpp"

#ifdef FUSED_WITH_RANGES
#ifndef __clang__
#include "std_ranges.hpp"
#endif
#include "range_v3.hpp"
#endif

#include <cstdlib>

namespace fused {

inline constexpr double limit = 1.05;
inline constexpr double limitBehindMap = 2.0;  // each record passes through a block in L1

template <class T>
struct Contestant {
    std::string place;
    double limit;
    std::function<T(std::size_t)> run;  // of the k-th batch
};

/// What is raced: batches of `size` records, each of one or several blocks of records side by side.
template <class T>
struct Field {
    std::size_t size;
    std::size_t blocksOfBatch;
    std::vector<std::span<T const>> blocks;

    /// Batches of one block, cut out of a pool.
    Field(std::vector<T> const& pool, std::size_t records) : size(records), blocksOfBatch(1)
    {
        for (std::size_t i = 0; i < pool.size(); i += size) blocks.emplace_back(pool.data() + i, size);
    }

    /// One batch of several blocks.
    explicit Field(std::vector<std::span<T const>> all) : size(0), blocksOfBatch(all.size()), blocks(std::move(all))
    {
        for (auto const block : blocks) size += block.size();
    }

    [[nodiscard]] std::size_t batches() const { return blocks.size() / blocksOfBatch; }

    [[nodiscard]] T byHand(Loop<T> loop, std::size_t k) const
    {
        T sum = 0;
        for (std::size_t i = k * blocksOfBatch; i < (k + 1) * blocksOfBatch; ++i) {
            sum += loop.run(blocks[i].data(), blocks[i].size());
        }
        return sum;
    }
};

/// Races the contestants against the best spelling of the loop, all batches to a sample; where one of them misses its
/// limit, up to three times. The spelling is chosen in rounds of its own, so that it is not the luckiest one of the race.
/// All are called in one way, once for each batch: a call through std::function is a tenth of the shortest batch's time.
template <class Predicate, class T>
void compare(Field<T> const& field, bool reducing, Settings const& settings, Report& report, std::vector<Contestant<T>> const& contestants)
{
    Row row{nameOf<T>, Predicate::text, reducing ? "reduce" : "fold", field.size, "", 0, "", 0, 0};
    auto const loops = handwritten<Predicate, T>(reducing);
    for (auto const& contestant : contestants) {
        for (std::size_t k = 0; k < field.batches(); ++k) {
            if (contestant.run(k) == field.byHand(loops[0], k)) continue;
            std::printf("%s %s %s: %s gives another result\n", row.type.c_str(), row.test.c_str(), row.end.c_str(),
                        contestant.place.c_str());
            std::exit(1);
        }
    }
    auto const rival = [&field](Contestant<T> const& contestant) {
        return bench::Rival{contestant.place, [&field, run = contestant.run] {
                                for (std::size_t k = 0; k < field.batches(); ++k) bench::keep(run(k));
                            }};
    };
    auto const byHand = [&](Loop<T> loop) {
        return rival({loop.spelling, 0, [&field, loop](std::size_t k) { return field.byHand(loop, k); }});
    };

    std::vector<Row> best;
    for (int attempt = 0; attempt < 3; ++attempt) {
        std::vector<bench::Rival> rivals;
        for (auto const& loop : loops) rivals.push_back(byHand(loop));
        auto const chosen = loops[bench::race(rivals, 9).best()];
        rivals = {byHand(chosen)};
        for (auto const& contestant : contestants) rivals.push_back(rival(contestant));
        auto const times = bench::race(rivals, settings.rounds);
        bool missed = false;
        for (std::size_t i = 0; i < contestants.size(); ++i) {
            row.place = contestants[i].place;
            row.limit = settings.quick ? 0 : contestants[i].limit;
            row.spelling = chosen.spelling;
            row.nanoseconds = 1e9 * times.median[0] / static_cast<double>(field.batches() * field.size);
            row.ratio = times.ratio(i + 1, 0);
            if (attempt == 0) best.push_back(row);
            else if (row.ratio < best[i].ratio) best[i] = row;
            missed = missed || (row.limit > 0 && best[i].ratio > row.limit);
        }
        if (!missed) break;
    }
    report.insert(report.end(), best.begin(), best.end());
}

/// A pipeline over a batch that is there already, for all batches of a pool.
template <class Predicate, class T, bool behindMap, class Batch>
std::function<T(std::size_t)> over(std::vector<Batch> const& batches, bool reducing)
{
    return [&batches, reducing](std::size_t k) {
        return reducing ? Sluice<Predicate, T>::template reduceOf<behindMap>(batches[k])
                        : Sluice<Predicate, T>::template foldOf<behindMap>(batches[k]);
    };
}

/// Bare batches, and such behind RDD<T>.
template <class Predicate, class T>
void measureBatches(bool reducing, std::size_t size, Settings const& settings, Report& report)
{
    using S = Sluice<Predicate, T>;
    using sluice::RDD;
    auto const all = records<T>(std::max<std::size_t>(size, 64 * 1024));
    Field<T> const field{all, size};

    std::vector<RDD<T>> erased;    // one block each
    std::vector<RDD<T>> computed;  // behind the first map
    for (auto const batch : field.blocks) {
        erased.push_back(sluice::rdd(batch));
        computed.push_back(sluice::rdd(batch) | sluice::map(S::triple));
    }
    std::vector<Contestant<T>> contestants{
        {"rdd(span)", limit,
         [&field, reducing](std::size_t k) {
             auto const batch = field.blocks[k];
             return reducing ? S::reduce(batch.data(), batch.size()) : S::fold(batch.data(), batch.size());
         }},
        {"RDD<T>", limit, over<Predicate, T, false>(erased, reducing)},
        {"RDD<T> behind map", std::is_same_v<T, std::int64_t> ? limitBehindMap : 0, over<Predicate, T, true>(computed, reducing)},
    };
#ifdef FUSED_WITH_RANGES
    if (!reducing) {
#ifndef __clang__
        contestants.push_back(
            {"std::ranges", 0, [&field](std::size_t k) { return StdRanges<Predicate, T>::fold(field.blocks[k].data(), field.size); }});
#endif
        contestants.push_back(
            {"range-v3", 0, [&field](std::size_t k) { return RangeV3<Predicate, T>::fold(field.blocks[k].data(), field.size); }});
    }
#endif
    compare<Predicate, T>(field, reducing, settings, report, contestants);
}

/// Blocks of 1024 records behind RDD<T>: the handwritten loop runs over the same ones, one after another.
template <class Predicate, class T>
void measureBlocks(bool reducing, std::size_t size, Settings const& settings, Report& report)
{
    constexpr std::size_t blockSize = 1024;
    auto const all = records<T>(size);
    std::vector<std::span<T const>> spans;
    auto received = sluice::detail::makeCounted<sluice::detail::RecordBlocks<T>>();
    for (std::size_t i = 0; i < size; i += blockSize) {
        auto block = sluice::detail::makeCounted<sluice::detail::RecordBlock<T>>();
        auto const from = std::span{all}.subspan(i, blockSize);
        block->records.assign(from.begin(), from.end());
        spans.emplace_back(block->records.data(), block->records.size());
        received->add(std::move(block), 0);
    }
    Field<T> const field{std::move(spans)};
    std::vector<sluice::RDD<T>> const blocks{sluice::detail::rddOf(sluice::detail::Received<T>{std::move(received)})};
    compare<Predicate, T>(field, reducing, settings, report, {{"RDD<T>, 1k blocks", limit, over<Predicate, T, false>(blocks, reducing)}});
}

/// The same in the job that the scheduler of a started context runs, and the handwritten loop in the same job.
template <class Predicate, class T>
void measureInContext(bool reducing, std::size_t size, Settings const& settings, Report& report)
{
    using S = Sluice<Predicate, T>;
    auto const all = records<T>(size);
    Field<T> const field{all, size};
    sluice::ManualClock const clock;
    sluice::StreamingContext ssc{{.master = "local[2]", .clock = clock}, std::chrono::seconds{1}};
    auto const within = [&](std::string place) {
        return [&, place](auto batch) {
            compare<Predicate, T>(field, reducing, settings, report, {{place, limit, [&](std::size_t) {
                                                                           return reducing ? batch | sluice::reduce(std::plus{})
                                                                                           : batch | sluice::fold(T{0}, std::plus{});
                                                                       }}});
        };
    };
    auto stream = sluice::testing::literalStream<T>(ssc, {all}, 1);
    S::of(stream) | sluice::foreachRDD(within("in a context"));
    sluice::DStream<T> any = stream;
    S::of(any) | sluice::foreachRDD(within("DStream<T>"));
    ssc.start();
    clock.advance(std::chrono::seconds{1});
    ssc.awaitBatches();
    ssc.stop();
    ssc.awaitTermination();
}

template <class T, class Predicate>
void measureOne(Settings const& settings, Report& report)
{
    for (bool const reducing : {false, true}) {
        for (std::size_t const size : {std::size_t{1} << 10, std::size_t{1} << 16, std::size_t{1} << 20}) {
            if (settings.quick && size != 1 << 16) continue;
            measureBatches<Predicate, T>(reducing, size, settings, report);
        }
        measureBlocks<Predicate, T>(reducing, std::size_t{1} << 16, settings, report);
        measureInContext<Predicate, T>(reducing, std::size_t{1} << 17, settings, report);
    }
}

}  // namespace fused
