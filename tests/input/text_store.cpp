#include <sluice/input/text_store.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <thread>

using namespace sluice;
using sluice::detail::ReceivedText;
using sluice::detail::TextBlocks;

namespace {

struct Lines {
    std::vector<std::string>* out;
    bool operator()(std::string_view line)
    {
        out->emplace_back(line);
        return true;
    }
};

void write(TextStore& store, std::string_view text)
{
    while (!text.empty()) {
        auto const room = store.room();
        REQUIRE(!room.empty());
        auto const size = std::min(room.size(), text.size());
        std::memcpy(room.data(), text.data(), size);
        store.commit(size);
        text.remove_prefix(size);
    }
}

/// The lines of a batch that takes all that waits; its bytes leave the room.
std::vector<std::string> moved(TextStore& store)
{
    auto const blocks = detail::makeCounted<TextBlocks>();
    store.moveTo(*blocks);
    auto const expected = blocks->lines;
    ReceivedText const batch{blocks};
    batch.prepare();
    std::vector<std::string> lines;
    Lines sink{&lines};
    batch.each(0, 0, sink);
    CHECK(static_cast<std::int64_t>(lines.size()) == expected);
    store.space().leave(blocks->unprocessed);
    return lines;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("whole lines belong to a batch, the rest waits for its end")
{
    TextStore store{1 << 20};
    CHECK(!store.hasWaiting());
    write(store, "one\ntwo\nthr");
    CHECK(store.hasWaiting());
    CHECK(store.received() == 2);
    CHECK(moved(store) == Texts{"one", "two"});
    CHECK(!store.hasWaiting());
    write(store, "ee\n");
    CHECK(moved(store) == Texts{"three"});
    CHECK(store.received() == 3);
    CHECK(store.space().used() == 0);
}

TEST_CASE("LF and CRLF end a line, a lone CR does not, and all other bytes are kept")
{
    TextStore store{1 << 20};
    using namespace std::string_literals;
    write(store, "lf\ncrlf\r\na\rb\n\n\r\n\r\r\n\0nul\0\n\x80\xff\xc3\xbc\n"s);
    CHECK(moved(store) == Texts{"lf", "crlf", "a\rb", "", "", "\r", "\0nul\0"s, "\x80\xff\xc3\xbc"});
}

TEST_CASE("a CRLF that is cut in two ends one line")
{
    TextStore store{1 << 20};
    write(store, "a\r");
    CHECK(moved(store).empty());
    write(store, "\nb\r\n");
    CHECK(moved(store) == Texts{"a", "b"});
}

TEST_CASE("where the text ends, the last line is one")
{
    TextStore store{1 << 20};
    write(store, "whole\npart");
    store.endText();
    write(store, "next\nlast");
    CHECK(moved(store) == Texts{"whole", "part", "next"});
    store.endText();
    CHECK(store.hasWaiting());
    CHECK(moved(store) == Texts{"last"});
    store.endText();
    store.endText();
    CHECK(!store.hasWaiting());
    CHECK(store.received() == 4);
    CHECK(store.space().used() == 0);
}

TEST_CASE("the end of no text is no line")
{
    TextStore store{1 << 20};
    store.endText();
    write(store, "\n");
    store.endText();
    CHECK(moved(store) == Texts{""});
}

TEST_CASE("a line may be of any length, also above the bound")
{
    for (std::size_t const bound : {std::size_t{1} << 16, std::size_t{1} << 30}) {
        TextStore store{bound};
        std::string line(1'000'000, 'x');
        for (std::size_t i = 0; i < line.size(); ++i) line[i] = static_cast<char>('a' + i % 26);
        write(store, line);
        CHECK(!store.hasWaiting());
        write(store, "\nshort\n");
        auto const lines = moved(store);
        REQUIRE(lines.size() == 2);
        CHECK((lines[0] == line));
        CHECK(lines[1] == "short");
        CHECK(store.space().used() == 0);
    }
}

TEST_CASE("many chunks are one text")
{
    TextStore store{1 << 30};
    Texts expected;
    std::string text;
    for (int i = 0; i < 100'000; ++i) {
        expected.push_back("line " + std::to_string(i * 37));
        text += expected.back() + '\n';
    }
    write(store, text);
    CHECK((moved(store) == expected));
}

TEST_CASE("a writer waits at the bound, until a batch is done")
{
    constexpr std::size_t bound = 16 * 1024;
    TextStore store{bound};
    std::string const line = std::string(99, 'x') + '\n';
    std::atomic<std::size_t> peak = 0;
    std::thread writer{[&] {
        for (int i = 0; i < 2000; ++i) {
            write(store, line);
            peak = std::max(peak.load(), store.space().used());
        }
    }};
    std::size_t lines = 0;
    while (lines < 2000) {
        lines += moved(store).size();
        std::this_thread::yield();
    }
    writer.join();
    CHECK(peak <= bound + 4096);  // the least room that is given
    CHECK(store.space().used() == 0);
}

TEST_CASE("a writer waits no longer when the store is closed")
{
    TextStore store{10};
    write(store, "0123456789\n");
    std::size_t room = 1;
    std::thread writer{[&] { room = store.room().size(); }};
    store.close();
    writer.join();
    CHECK(room == 0);
}

TEST_CASE("chunks are of huge pages while batches are large, and small for who receives little")
{
    constexpr std::size_t small = std::size_t{256} << 10;
    std::string const lines = [] {
        std::string text;
        while (text.size() < 3 * detail::hugePage) text += "a line\n";
        return text;
    }();
    // The size of the chunk that the end of this text lies in, as a batch of its own.
    auto const chunkOf = [](TextStore& store, std::string_view text) {
        write(store, text);
        auto const blocks = detail::makeCounted<TextBlocks>();
        store.moveTo(*blocks);
        store.space().leave(blocks->unprocessed);
        return blocks->segments.back().chunk->capacity;
    };
    TextStore store{std::size_t{64} << 20};
    for (int i = 0; i < 3; ++i) CHECK(chunkOf(store, std::string_view{lines}.substr(0, detail::hugePage / 14 * 7)) == small);
    for (int i = 0; i < 3; ++i) CHECK(chunkOf(store, lines) == detail::hugePage);
    CHECK(store.room().size() <= small);
    for (int i = 0; i < 8; ++i) chunkOf(store, "a line\n");
    write(store, std::string_view{lines}.substr(0, detail::hugePage / 7 * 7));  // what is open is filled
    CHECK(chunkOf(store, std::string_view{lines}.substr(0, small / 7 * 7)) == small);

    TextStore little{std::size_t{16} << 20};  // chunks of huge pages would be much of so small a bound
    for (int i = 0; i < 3; ++i) CHECK(chunkOf(little, lines) == small);
}
