#include <sluice/input/text_store.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

using namespace sluice;

// What stores ask of who spills, whoever that is: here strings.

namespace {

struct Held final : detail::SpilledBlock {
    explicit Held(std::string_view text) : bytesHeld(text)
    {
        bytes = text.size();
        records = std::count(text.begin(), text.end(), '\n');
    }
    [[nodiscard]] std::string_view read(std::string& buffer) const override
    {
        buffer = bytesHeld;
        return buffer;
    }
    std::string bytesHeld;
};

/// Takes every second piece.
struct EverySecond final : detail::TextSpill {
    explicit EverySecond(detail::Room& of) : room(of) {}
    void added(detail::List<detail::TextSegment>& to) override
    {
        if (++calls % 2 == 0) return;
        std::string_view const lines{to.back().begin, to.back().size()};
        detail::Counted<detail::SpilledBlock> block{detail::makeCounted<Held>(lines)};
        bytes += lines.size();
        room.leave(lines.size());
        to.back() = {detail::makeCounted<detail::TextChunk>(std::move(block)), nullptr, nullptr};
    }
    std::size_t moveWhole(detail::List<detail::TextSegment>&, std::int64_t, detail::TextBlocks&) override { return 0; }
    void refuse(Label const& input) const override { throw IllegalState{input.kind}; }

    detail::Room& room;
    int calls = 0;
};

void write(TextStore& store, std::string_view text)
{
    auto const room = store.room();
    REQUIRE(room.size() >= text.size());
    std::memcpy(room.data(), text.data(), text.size());
    store.commit(text.size());
}

}  // namespace

TEST_CASE("the lines of a batch are in their order, wherever they lie, and its partitions are cut as if all lay in memory")
{
    TextStore store{1 << 20};
    auto const spill = detail::makeCounted<EverySecond>(store.space());
    store.setSpill(spill);
    CHECK(store.spill() == spill.get());
    std::string all;
    auto const inMemory = detail::makeCounted<detail::TextBlocks>();
    auto const batch = detail::makeCounted<detail::TextBlocks>();
    for (int i = 0; i < 40; ++i) {
        auto const line = std::string(static_cast<std::size_t>(i % 7), 'x') + std::to_string(i) + "\n";
        write(store, line);
        all += line;
        detail::TextBlocks piece;
        store.moveTo(piece);
        CHECK(piece.bytes == line.size());
        CHECK(piece.spilled == (i % 2 == 0 ? line.size() : 0));
        CHECK(piece.unprocessed == piece.bytes - piece.spilled);
        for (auto const& segment : piece.segments) batch->segments.push_back(segment);
        batch->bytes += piece.bytes;
        batch->lines += piece.lines;
        store.space().leave(piece.unprocessed);
    }
    CHECK(store.space().used() == 0);
    CHECK(batch->lines == 40);

    auto const chunk = detail::makeCounted<detail::TextChunk>(all.size());
    std::memcpy(chunk->data, all.data(), all.size());
    inMemory->segments.push_back({chunk, chunk->data, chunk->data + all.size()});
    inMemory->bytes = all.size();
    batch->partitions = inMemory->partitions = 5;
    batch->cut();
    inMemory->cut();
    auto const offset = [](detail::TextBlocks const& of, detail::TextBlocks::Position at) {
        for (std::size_t s = 0; s < at.segment; ++s) at.offset += of.segments[s].size();
        return at.offset;
    };
    for (std::size_t p = 0; p <= 5; ++p) CHECK(offset(*batch, batch->begins[p]) == offset(*inMemory, inMemory->begins[p]));
}
