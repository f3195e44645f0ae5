#include <sluice/operators/collect.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/sources/socket_stream.hpp>

#include "../io/quiet_port.hpp"
#include "socket_reader.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sluice;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

using Texts = std::vector<std::string>;

/// Frames that end at a semicolon; one that is "bad" is refused.
struct Semicolons {
    std::size_t operator()(std::string_view bytes, Store<std::string>& store) const
    {
        std::size_t used = 0;
        for (;;) {
            auto const end = bytes.find(';', used);
            if (end == std::string_view::npos) return used;
            auto const frame = bytes.substr(used, end - used);
            if (frame == "bad") throw std::runtime_error{"a bad frame"};
            store(std::string{frame});
            used = end + 1;
        }
    }
};

/// A context that reads from a server of this test.
struct Reader : SocketReader {
    std::size_t partitions = 0;

    template <class F = Semicolons>
    explicit Reader(F converter = {}, SocketStreamOptions options = {}, Config config = {}) : SocketReader(std::move(config))
    {
        socketStream<std::string>(harness.context(), "127.0.0.1", listener.port(), converter, options) | foreachRDD([this](auto batch) {
            partitions = batch.numPartitions();
            records = batch | collect();
        });
        harness.start();
    }
};

}  // namespace

TEST_CASE("records are cut by the converter, wherever the bytes are")
{
    for (std::size_t const piece : {std::size_t{1}, std::size_t{3}, std::size_t{100}}) {
        Reader reader;
        auto const server = reader.accept();
        auto const text = "to;be;;or not\0\xff;"s;
        for (std::size_t at = 0; at < text.size(); at += piece) server.writeAll(std::string_view{text}.substr(at, piece));
        CHECK(reader.next(4) == Texts{"to", "be", "", "or not\0\xff"s});
        CHECK(reader.partitions == 2);
    }
}

TEST_CASE("what is no whole record is given again with what follows it")
{
    Reader reader;
    auto const server = reader.accept();
    server.writeAll("one;tw");
    CHECK(reader.next(1) == Texts{"one"});
    CHECK(reader.next(1).empty());
    server.writeAll("o;");
    CHECK(reader.next(2) == Texts{"two"});
}

TEST_CASE("records are longer than any buffer, up to the limit")
{
    std::string const longest(299'999, 'x');
    Reader reader{Semicolons{}, {.maxRecordBytes = 300'000}};
    auto const server = reader.accept();
    for (int i = 0; i < 3; ++i) server.writeAll("short;" + longest + ';');
    Texts all;
    while (all.size() < 6) {
        auto const batch = reader.next(static_cast<std::int64_t>(all.size()) + 1);
        all.insert(all.end(), batch.begin(), batch.end());
    }
    for (std::size_t i = 0; i < 6; ++i) CHECK((all[i] == (i % 2 == 0 ? "short" : longest)));
}

TEST_CASE("a record above the limit gives the connection up, and the limit is named")
{
    Reader reader{Semicolons{}, {.maxRecordBytes = 1000}, {.receiverRestartDelay = 2s}};
    {
        auto const server = reader.accept();
        server.writeAll("good;" + std::string(1000, 'x'));
        reader.awaitTold("restarting in 2000 ms: a record has more than 1000 bytes (SocketStreamOptions::maxRecordBytes)");
    }
    CHECK(reader.next(1) == Texts{"good"});
    reader.harness.advance(2s);
    auto const server = reader.accept();
    server.writeAll("again;");
    CHECK(reader.next(2) == Texts{"again"});
}

TEST_CASE("a connection that ends within a record is told so, and nothing of it comes back")
{
    Reader reader{Semicolons{}, {}, {.receiverRestartDelay = 1s}};
    {
        auto const server = reader.accept();
        server.writeAll("whole;half");
    }
    reader.awaitTold(" was closed by the server within a record, of which it had sent 4 bytes");
    CHECK(reader.next(1) == Texts{"whole"});
    {
        auto const server = reader.accept();
        server.writeAll("next;");
        CHECK(reader.next(2) == Texts{"next"});
    }
    reader.awaitTold("127.0.0.1:" + std::to_string(reader.listener.port()) + " was closed by the server");
}

TEST_CASE("what the converter throws gives the connection up")
{
    Reader reader{Semicolons{}, {}, {.receiverRestartDelay = 1s}};
    auto const server = reader.accept();
    server.writeAll("a;bad;b;");
    reader.awaitTold("restarting in 1000 ms: a bad frame");
    CHECK(reader.next(1) == Texts{"a"});
}

TEST_CASE("a converter that uses more than there is is told so")
{
    Reader reader{[](std::string_view bytes, auto&) { return bytes.size() + 1; }};
    auto const server = reader.accept();
    server.writeAll("x");
    reader.awaitTold("converter must answer how many of the bytes it has used: it was given 1, and answered 2");
}

TEST_CASE("the sender waits at the bound; a stop wakes whoever waits")
{
    Reader reader{Semicolons{}, {}, {.maxReceivedBytes = 100 * sizeof(std::string)}};
    auto const server = reader.accept();
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "x;";
    server.writeAll(text);
    std::int64_t processed = 0;
    while (processed < 300) {
        auto const batch = reader.next(processed + 1);
        CHECK(batch.size() <= 100);
        processed += static_cast<std::int64_t>(batch.size());
    }
    reader.harness.awaitReceived(processed + 1);
    reader.harness.context().stop();
    CHECK(reader.harness.context().getState() == ContextState::stopped);
}

TEST_CASE("a context stops while it waits for a server, for bytes, and for its restart")
{
    io::Listener const mute;
    QuietPort const nobody;
    testing::Harness harness{{.receiverRestartDelay = 1h}};
    for (int const port : {mute.port(), nobody.number()}) {
        socketStream<std::string>(harness.context(), "127.0.0.1", port, Semicolons{}) | foreachRDD([](auto const&) {});
    }
    harness.start();
    harness.advance(1s);
    harness.context().stop();
    CHECK(harness.context().getState() == ContextState::stopped);
}

TEST_CASE("a port or a limit that is none is refused")
{
    testing::Harness harness;
    auto const of = [&](int port, SocketStreamOptions options) {
        static_cast<void>(socketStream<std::string>(harness.context(), "localhost", port, Semicolons{}, options, {"words.cpp", 7}));
    };
    CHECK_THROWS_WITH_AS(of(0, {}), "sluice::socketStream (words.cpp:7): a port lies between 1 and 65535, got 0", InvalidArgument);
    CHECK_THROWS_WITH_AS(of(1, {.maxRecordBytes = 0}),
                         "sluice::socketStream (words.cpp:7): SocketStreamOptions::maxRecordBytes must be positive, got 0",
                         InvalidArgument);
    CHECK(harness.context().core()->inputs().empty());
}
