#include <sluice/io/socket.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/split.hpp>
#include <sluice/outputs/print.hpp>
#include <sluice/sources/socket_text_stream.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <sstream>
#include <string>

using namespace sluice;
using namespace std::chrono_literals;

// The word count, from a server's socket to what is printed.

namespace {

using Counts = std::map<std::string, int>;

/// A file of its own, and what stands in it.
struct File {
    std::FILE* file = std::tmpfile();
    ~File() { std::fclose(file); }
    [[nodiscard]] std::string text() const
    {
        std::string out(static_cast<std::size_t>(std::ftell(file)), ' ');
        std::rewind(file);
        CHECK(std::fread(out.data(), 1, out.size(), file) == out.size());
        return out;
    }
};

/// The batches that were printed: their times, and the counts in each.
std::map<std::string, Counts> batchesOf(std::string const& printed)
{
    std::map<std::string, Counts> batches;
    std::istringstream in{printed};
    std::string time;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("Time: ")) time = line;
        if (line.starts_with("Time: ")) batches[time];
        if (!line.starts_with("(")) continue;
        auto const comma = line.rfind(',');
        auto const fresh = batches[time].emplace(line.substr(1, comma - 1), std::stoi(line.substr(comma + 1))).second;
        CHECK(fresh);
    }
    return batches;
}

void count(Counts& counts, std::string const& text)
{
    std::istringstream in{text};
    for (std::string word; in >> word;) ++counts[word];
}

std::string randomLines(std::mt19937& random, std::int64_t& lines)
{
    std::string text;
    for (auto left = random() % 200; left > 0; --left) {
        for (auto words = random() % 8; words > 0; --words) {
            text += std::string(1 + random() % 3, static_cast<char>('a' + random() % 20));
            text += random() % 5 == 0 ? "\t " : " ";
        }
        text += '\n';
        ++lines;
    }
    return text;
}

/// The words of a stream of lines, counted.
auto wordCount(auto lines)
{
    return lines | flatMap(split()) | map([](auto word) { return std::pair{word, 1}; }) | reduceByKey(std::plus{});
}

}  // namespace

TEST_CASE("the words that a server sends are counted, batch by batch, and printed")
{
    for (auto const* const master : {"inline", "local[1]", "local[3]"}) {
        CAPTURE(master);
        std::mt19937 random{11};
        io::Wakeup const wake;
        io::Listener const listener;
        File const out;
        testing::Harness harness{{.master = master}};
        wordCount(socketTextStream(harness.context(), "localhost", listener.port())) | print(1'000'000, out.file);
        harness.start();
        auto const server = listener.accept(wake);
        std::map<std::string, Counts> expected;
        std::int64_t lines = 0;
        for (int second = 1; second <= 5; ++second) {
            auto const text = randomLines(random, lines);
            count(expected["Time: " + std::to_string(1000 * second) + " ms"], text);
            server.writeAll(text);
            harness.awaitReceived(lines);
            harness.advance(1s);
        }
        harness.context().stop({.gracefully = true});
        CHECK(batchesOf(out.text()) == expected);
    }
}

TEST_CASE("what was received is counted before a graceful stop, also what stands behind the last line end")
{
    io::Wakeup const wake;
    io::Listener const listener;
    File const out;
    testing::Harness harness;
    wordCount(socketTextStream(harness.context(), "localhost", listener.port())) | print(10, out.file);
    harness.start();
    {
        auto const server = listener.accept(wake);
        server.writeAll("to be or\nnot to be");
        server.shutdownWrite();
        harness.awaitReceived(2);
    }
    harness.context().stop({.gracefully = true});
    CHECK(batchesOf(out.text()) == std::map<std::string, Counts>{{"Time: 1000 ms", {{"to", 2}, {"be", 2}, {"or", 1}, {"not", 1}}}});
}

TEST_CASE("two outputs over one source open one socket, and a server that comes again is found again")
{
    io::Wakeup const wake;
    auto listener = std::make_optional<io::Listener>();
    int const port = listener->port();
    File const words;
    File const raw;
    testing::Harness harness{{.receiverRestartDelay = 1s}};
    auto const lines = socketTextStream(harness.context(), "localhost", port);
    wordCount(lines) | print(10, words.file);
    lines | print(10, raw.file);
    harness.start();
    {
        auto const server = listener->accept(wake);
        listener.reset();  // a second connection would be refused
        server.writeAll("a b a\n");
        harness.awaitReceived(1);
        harness.advance(1s);
    }
    CHECK(harness.context().core()->inputs().size() == 1);
    listener.emplace(port);
    harness.await("another connection", [&] {
        harness.clock().advance(1s);  // it tries again a second after it has noticed
        pollfd polled{listener->fd(), POLLIN, 0};
        return ::poll(&polled, 1, 0) > 0;
    });
    auto const server = listener->accept(wake);
    server.writeAll("c\n");
    harness.awaitReceived(2);
    harness.advance(1s);
    harness.context().stop();
    auto const batches = batchesOf(words.text());
    CHECK(batches.begin()->second == Counts{{"a", 2}, {"b", 1}});
    Counts all;
    for (auto const& [time, counts] : batches) {
        for (auto const& [word, n] : counts) all[word] += n;
    }
    CHECK(all == Counts{{"a", 2}, {"b", 1}, {"c", 1}});
    CHECK(raw.text().find("\na b a\n") != std::string::npos);
}
