#include "../streamed.hpp"
#include "afternoon.hpp"
#include "handwritten.hpp"
#include "sluice.hpp"

// The words of a text in memory are counted: 64 MB, frequencies by Zipf's law. What is timed ends with the sum of all counts.

namespace {

using bench::Kind;
using word_count::WordTable;

/// A text, and where it is cut for those who take it in pieces, as it would come from a socket or a file.
struct Text {
    std::string bytes;
    std::vector<std::string_view> pieces;
    double words = 0;

    Text(std::size_t size, std::size_t distinct)
    {
        auto const lines = word_count::makeLines(size / (distinct < 500'000 ? 47 : 53), distinct, 1);
        for (auto const& line : lines) bytes += line, bytes += '\n';
        auto const length = bytes.size();
        bytes.append(bench::simd::slack, '\n');
        std::string_view const all{bytes.data(), length};
        for (std::size_t at = 0; at < length;) {
            auto end = std::min(length, at + (256 << 10));
            while (end < length && bytes[end - 1] != '\n') ++end;
            pieces.push_back(all.substr(at, end - at));
            at = end;
        }
        word_count::forEachWord(all, [&](std::string_view) { ++words; });
    }
    [[nodiscard]] std::string_view view() const { return {bytes.data(), bytes.size() - bench::simd::slack}; }
};

template <class Count>
void addByHand(std::vector<bench::Contestant>& contestants, Text const& text, char const* name, Count count)
{
    auto const table = std::make_shared<WordTable>();
    bench::addOther(contestants, Kind::hand, name, "batch", [table, &text, count](auto f) {
        table->clear();
        count(text.view(), *table);
        table->each(f);
    });
}

void compare(bench::Suite& suite, char const* name, std::size_t distinct)
{
    Text const text{suite.isShort() ? std::size_t{16} << 20 : std::size_t{64} << 20, distinct};
    std::vector<bench::Contestant> contestants;
    addByHand(contestants, text, "SIMD splitter, flat table", word_count::countDirectly);
    addByHand(contestants, text, "the same, prefetched by 64 words", word_count::countPrefetched);
    auto const two = std::make_shared<word_count::TwoThreads>();
    bench::addOther(contestants, Kind::hand, "each a half, then each half of the words", "two threads", [two, &text](auto f) {
        two->count(text.view());
        two->each(f);
    });
    bench::addOther(
        contestants, Kind::afternoon, "std::unordered_map, found as views", "batch",
        [&text](auto f) {
            word_count::StdMap counts;
            word_count::countInStdMap(text.view(), counts);
            for (auto const& [word, n] : counts) f(word, n);
        },
        3);
    bench::addBatch(contestants, [&text] { return word_count::counts(sluice::rdd(text.pieces)); });
    bench::addStreamed(contestants, [&text](sluice::StreamingContext& context, std::size_t partitions) {
        return word_count::counts(sluice::constantStream(context, sluice::rdd(text.pieces, partitions)));
    });
    suite.compare({"word count", name, "word", text.words, {{"batch", 1.15}, {"inline", 1.25}, {"two workers", 1 / 0.95}}}, contestants);
}

}  // namespace

int main(int argc, char** argv)
{
    bench::Suite suite{argc, argv};
    compare(suite, "10 k distinct", 10'000);
    compare(suite, "100 k distinct", 100'000);
    compare(suite, "1 M distinct", 1'000'000);
    return suite.exitCode();
}
