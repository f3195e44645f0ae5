#include <sluice/operators/fold.hpp>
#include <sluice/operators/values.hpp>
#include <sluice/state/state_table.hpp>

#include "../grep/sluice.hpp"
#include "../reduce_by_key/rows.hpp"
#include "../reduce_by_key/sluice.hpp"
#include "../word_count/sluice.hpp"
#include "../word_count/words.hpp"

#include <cstdio>

#if __has_include(<xxhash.h>)
#include <sluice/checkpoint/checkpoint_entries.hpp>
#endif

// Small batches whose instructions instructions.py counts: each of these functions is run three times, and prints how many records one call
// takes.

namespace {

using Number = std::int64_t;

using States = sluice::detail::StateTable<Number, Number>;

Number sumOf(auto const& pairs) { return pairs | sluice::values() | sluice::fold(Number{0}, std::plus{}); }

}  // namespace

extern "C" {
[[gnu::noinline]] Number wordCount(std::span<std::string_view const> texts) { return sumOf(word_count::counts(sluice::rdd(texts))); }
[[gnu::noinline]] Number reduceByIntegers(std::span<reduce_by_key::IntegerRow const> rows)
{
    return sumOf(reduce_by_key::sums(sluice::rdd(rows)));
}
[[gnu::noinline]] Number reduceByTexts(std::span<reduce_by_key::TextRow const> rows)
{
    return sumOf(reduce_by_key::sums(sluice::rdd(rows)));
}
/// Several partitions on both sides: what it takes more than in one.
[[gnu::noinline]] Number reduceAndCut(std::span<reduce_by_key::TextRow const> rows)
{
    return sumOf(sluice::rdd(rows, 2) | sluice::reduceByKey(std::plus{}, 2));
}
[[gnu::noinline]] Number grepCounted(std::span<std::string_view const> texts) { return grep::counted(sluice::rdd(texts)); }
[[gnu::noinline]] Number grepMeasured(std::span<std::string_view const> texts) { return grep::measured(sluice::rdd(texts)); }
#if __has_include(<xxhash.h>)
/// What a checkpoint gathers of the states that have changed.
[[gnu::noinline]] std::size_t gatherStates(States const& states)
{
    sluice::detail::CheckpointEntries to{states.countChanges()};
    states.changes([&](Number key, States::Entry const* entry) {
        if (entry != nullptr) to.encodeEntry(key, entry->second, entry->touched);
        else to.encodeRemoved(key);
    });
    std::size_t bytes = 0;
    for (auto const& record : to.taken()) bytes += record.size() - sluice::detail::CheckpointEntries::room;
    return bytes;
}
constexpr std::size_t gathered = 50'000;
#else
[[gnu::noinline]] std::size_t gatherStates(States const&) { return 0; }
constexpr std::size_t gathered = 0;
#endif
}

int main()
{
    std::string text;
    for (auto const& line : word_count::makeLines(8'000, 2'000, 1)) text += line, text += '\n';
    std::string_view const texts[] = {text};
    Number words = 0;
    word_count::forEachWord(text, [&](std::string_view) { ++words; });
    auto const integers = reduce_by_key::integerRows(50'000, 1'000);
    reduce_by_key::TextRows const byText{50'000, 1'000};
    Number sum = 0;
    for (auto const& row : integers) sum += row.second;
    Number sumByText = 0;
    for (auto const& row : byText.rows) sumByText += row.second;
    grep::Lines const lines{10'000, 10};
    auto const matching = grep::counted(sluice::rdd(lines.pieces));

    States states{std::nullopt, std::chrono::seconds{1}};
    states.noteChanges();
    states.begin(sluice::Time{});
    for (Number key = 0; key < Number{gathered}; ++key) {
        states.step(sluice::detail::tagOfKey(key), key, [&](sluice::State<Number>& state) { state.update(key); });
    }
    states.ready();
    states.commit();

    bool right = matching > 0;
    for (int i = 0; i < 3; ++i) {
        right = wordCount(texts) == words && right;
        right = reduceByIntegers(integers) == sum && right;
        right = reduceByTexts(byText.rows) == sumByText && right;
        right = reduceAndCut(byText.rows) == sumByText && right;
        right = grepCounted(lines.pieces) == matching && right;
        right = grepMeasured(lines.pieces) == 99 * matching && right;
        right = gatherStates(states) == 27 * gathered && right;
    }
    std::printf(
        "wordCount\t%lld\nreduceByIntegers\t%zu\nreduceByTexts\t%zu\nreduceAndCut\t%zu\ngrepCounted\t%zu\ngrepMeasured\t%"
        "zu\ngatherStates\t%zu\n",
        static_cast<long long>(words), integers.size(), byText.rows.size(), byText.rows.size(), lines.count, lines.count, gathered);
    return right ? 0 : 1;
}
