#include <sluice/input/text_blocks.hpp>

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace sluice;
using sluice::detail::ReceivedText;
using sluice::detail::TextBlocks;
using sluice::detail::TextChunk;

namespace {

using Texts = std::vector<std::string>;

/// A sink that wants a number of lines.
struct Lines {
    Texts* out;
    std::size_t wanted = ~std::size_t{0};
    bool operator()(std::string_view line)
    {
        out->emplace_back(line);
        return --wanted > 0;
    }
};

/// Text in segments that end at some of its lines.
ReceivedText received(std::string const& text, std::size_t partitions, std::mt19937& random)
{
    auto const blocks = detail::makeCounted<TextBlocks>();
    blocks->partitions = partitions;
    std::size_t begin = 0;
    auto const add = [&](std::size_t end) {
        auto const chunk = detail::makeCounted<TextChunk>(end - begin);
        std::memcpy(chunk->data, text.data() + begin, end - begin);
        blocks->segments.push_back({chunk, chunk->data, chunk->data + (end - begin)});
        begin = end;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n' && random() % 3 == 0) add(i + 1);
    }
    if (begin < text.size()) add(text.size());
    blocks->bytes = text.size();
    return ReceivedText{blocks};
}

Texts partition(ReceivedText const& batch, std::size_t p)
{
    Texts lines;
    Lines sink{&lines};
    batch.each(p, 0, sink);
    return lines;
}

std::vector<Texts> partitionsOf(ReceivedText const& batch)
{
    batch.prepare();
    std::vector<Texts> out;
    for (std::size_t p = 0; p < batch.partitions(); ++p) {
        out.push_back(partition(batch, p));
        CHECK(batch.isEmpty(p) == out.back().empty());
    }
    return out;
}

Texts linesOf(std::string const& text)
{
    Texts lines;
    for (std::size_t at = 0; at < text.size();) {
        auto const lf = text.find('\n', at);
        lines.push_back(text.substr(at, lf - at));
        if (lf == std::string::npos) break;
        at = lf + 1;
    }
    return lines;
}

std::string randomText(std::mt19937& random)
{
    std::string text;
    auto const lines = random() % 20;
    for (std::size_t i = 0; i < lines; ++i)
        text += std::string(random() % 12 == 0 ? 200 : random() % 10, static_cast<char>('a' + i)) + '\n';
    if (random() % 2 == 0 && !text.empty()) text.pop_back();
    return text;
}

}  // namespace

TEST_CASE("partitions hold the whole text in order, and do not depend on how it came")
{
    std::mt19937 random{2};
    for (int round = 0; round < 300; ++round) {
        auto const text = randomText(random);
        auto const partitions = 1 + random() % 5;
        auto const once = partitionsOf(received(text, partitions, random));
        CHECK(once == partitionsOf(received(text, partitions, random)));
        Texts all;
        for (auto const& lines : once) all.insert(all.end(), lines.begin(), lines.end());
        CHECK(all == linesOf(text));
    }
}

TEST_CASE("an empty text has its partitions, all of them empty")
{
    std::mt19937 random{3};
    auto const batch = received("", 3, random);
    CHECK(batch.isEmpty(0));
    CHECK(partitionsOf(batch) == std::vector<Texts>(3));
}

TEST_CASE("more partitions than lines leave some of them empty")
{
    std::mt19937 random{4};
    auto const parts = partitionsOf(received("a\nb\n", 8, random));
    Texts all;
    for (auto const& lines : parts) all.insert(all.end(), lines.begin(), lines.end());
    CHECK(all == Texts{"a", "b"});
}

TEST_CASE("a batch of text goes on where it was left")
{
    std::mt19937 random{5};
    for (int round = 0; round < 100; ++round) {
        auto const text = randomText(random);
        auto const batch = received(text, 2, random);
        batch.prepare();
        for (std::size_t p = 0; p < 2; ++p) {
            Texts lines;
            std::size_t from = 0;
            for (std::size_t before = ~std::size_t{0}; before != lines.size();) {
                before = lines.size();
                Lines some{&lines, 1 + random() % 3};
                from = batch.each(p, from, some);
            }
            CHECK(lines == partition(batch, p));
        }
    }
}

TEST_CASE("a CR before the end of a line belongs to the end")
{
    std::mt19937 random{6};
    CHECK(partitionsOf(received("a\r\nb\rc\r\n\r\n\rd\r", 1, random)) == std::vector<Texts>{{"a", "b\rc", "", "\rd\r"}});
}
