#include <sluice/operators/collect.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/sources/socket_text_stream.hpp>

#include "../io/quiet_port.hpp"
#include "socket_reader.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

using namespace sluice;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

using Texts = std::vector<std::string>;

/// A context that reads from a server of this test, and keeps what comes.
struct Reader : SocketReader {
    std::vector<Texts> partitions;

    explicit Reader(Config config = {}, SocketTextStreamOptions options = {}) : SocketReader(std::move(config))
    {
        socketTextStream(harness.context(), "127.0.0.1", listener.port(), options) | foreachRDD([this](auto batch) {
            partitions.assign(batch.numPartitions(), {});
            batch.node().prepare();
            for (std::size_t p = 0; p < partitions.size(); ++p) {
                Gather sink{&partitions[p]};
                batch.node().each(p, 0, sink);
                records.insert(records.end(), partitions[p].begin(), partitions[p].end());
            }
        });
        harness.start();
    }

    struct Gather {
        Texts* out;
        bool operator()(std::string_view line)
        {
            out->emplace_back(line);
            return true;
        }
    };
};

/// The one input of a context, as the store that it is.
detail::TextNode& inputOf(testing::Harness& harness) { return dynamic_cast<detail::TextNode&>(*harness.context().core()->inputs()[0]); }

}  // namespace

TEST_CASE("lines of text come as they were sent, without their end")
{
    Reader reader;
    auto const server = reader.accept();
    server.writeAll("lf\ncrlf\r\n\nlone\rcr\n\x80\xff\0nul\n\r\n"s);
    CHECK(reader.next(6) == Texts{"lf", "crlf", "", "lone\rcr", "\x80\xff\0nul"s, ""});
    server.writeAll("a");
    server.writeAll("b\nc");
    CHECK(reader.next(7) == Texts{"ab"});
    CHECK(reader.next(7).empty());
    server.writeAll("d\n");
    CHECK(reader.next(8) == Texts{"cd"});
}

TEST_CASE("a lone CR is text, or ends a line at once where that is said, also where a CRLF is torn")
{
    for (auto const loneCr : {LoneCr::isText, LoneCr::endsLine}) {
        Reader reader{{}, {.loneCr = loneCr}};
        auto const server = reader.accept();
        server.writeAll("a\rb\n\r\n\n\rc\r\nd\n");
        if (loneCr == LoneCr::isText) {
            CHECK(reader.next(5) == Texts{"a\rb", "", "", "\rc", "d"});
        } else {
            CHECK(reader.next(7) == Texts{"a", "b", "", "", "", "c", "d"});
            server.writeAll("torn\r");
            CHECK(reader.next(8) == Texts{"torn"});
            server.writeAll("\n\n\r");
            CHECK(reader.next(10) == Texts{"", ""});
        }
    }
}

TEST_CASE("the ends of lines are the same wherever bytes are cut")
{
    std::uint32_t seed = 1;
    for (int round = 0; round < 500; ++round) {
        std::string text;
        for (int i = 0; i < 12; ++i) text += "a\r\n"[(seed = seed * 1664525 + 1013904223) >> 16 & 3U];
        std::replace(text.begin(), text.end(), '\0', 'b');
        std::string whole;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '\n' && i > 0 && text[i - 1] == '\r') continue;
            whole += text[i] == '\r' ? '\n' : text[i];
        }
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            detail::LineEnds ends;
            auto first = text.substr(0, cut);
            auto second = text.substr(cut);
            first.resize(ends.unify(first.data(), first.size()));
            second.resize(ends.unify(second.data(), second.size()));
            CHECK(first + second == whole);
        }
    }
}

TEST_CASE("the last line of a connection that is closed needs no end")
{
    Reader reader;
    {
        auto const server = reader.accept();
        server.writeAll("whole\nhalf");
    }
    CHECK(reader.next(2) == Texts{"whole", "half"});
}

TEST_CASE("a line is longer than any buffer")
{
    Reader reader{{.maxReceivedBytes = 1 << 20}};
    auto const server = reader.accept();
    std::string line(5'000'000, '\0');
    for (std::size_t i = 0; i < line.size(); ++i) line[i] = static_cast<char>(' ' + i % 90);
    server.writeAll(line);
    server.writeAll("\nshort\n");
    reader.harness.awaitReceived(1);
    Texts lines;
    while (lines.size() < 2) {  // the short one may have to wait for the long one
        auto const batch = reader.next(1);
        lines.insert(lines.end(), batch.begin(), batch.end());
    }
    CHECK((lines[0] == line));
    CHECK(lines[1] == "short");
}

TEST_CASE("a server that closes is told of, and connected to again after the delay")
{
    Reader reader{{.receiverRestartDelay = 3s}};
    {
        auto const server = reader.accept();
        server.writeAll("first\n");
    }
    CHECK(reader.next(1) == Texts{"first"});
    reader.awaitTold("closed by the server");
    CHECK(reader.hasTold("restarting in 3000 ms"));
    CHECK(reader.hasTold("127.0.0.1:" + std::to_string(reader.listener.port())));
    reader.harness.advance(4s);
    auto const server = reader.accept();
    server.writeAll("second\n");
    CHECK(reader.next(2) == Texts{"second"});
    CHECK(!reader.harness.context().awaitTerminationOrTimeout(0s));  // that was no failure of a batch
}

TEST_CASE("a server that is not there is told of, and found when it is")
{
    QuietPort const quiet;
    int const port = quiet.number();
    std::mutex mutex;
    Texts told;
    testing::Harness harness{{.receiverRestartDelay = 500ms, .log = [&](LogEntry const& entry) {
                                  std::scoped_lock const lock{mutex};
                                  told.push_back(std::string(entry.label.kind) + ": " + entry.text);
                              }}};
    Texts lines;
    socketTextStream(harness.context(), "localhost", port) | foreachRDD([&](auto batch) { lines = batch | collect(); });
    harness.start();
    harness.await("the report", [&] {
        std::scoped_lock const lock{mutex};
        return !told.empty();
    });
    CHECK(told[0].starts_with("socketTextStream: restarting in 500 ms: sluice::io: cannot connect to localhost:" + std::to_string(port)));
    io::Wakeup const wake;
    io::Listener const listener{port};
    harness.advance(1s);
    auto const server = listener.accept(wake);
    server.writeAll("there\n");
    harness.awaitReceived(1);
    harness.advance(1s);
    CHECK(lines == Texts{"there"});
}

TEST_CASE("a context stops while a receiver waits: for a server, for bytes, for its restart, for room")
{
    io::Listener const listener;
    QuietPort const nobody;
    testing::Harness harness{{.maxReceivedBytes = 4096, .receiverRestartDelay = 1h}};
    for (int const port : {listener.port(), nobody.number()})
        socketTextStream(harness.context(), "127.0.0.1", port) | foreachRDD([](auto const&) {});
    io::Listener const loud;
    socketTextStream(harness.context(), "127.0.0.1", loud.port()) | foreachRDD([](auto const&) {});
    harness.start();
    io::Wakeup const wake;
    std::thread sender{[&] {
        auto const server = loud.accept(wake);
        try {
            static_cast<void>(server.writeAll(std::string(10'000'000, '\n'), wake));
        } catch (StreamError const&) {
            // The reader left.
        }
    }};
    harness.awaitReceived(4096);
    harness.context().stop();
    wake.notify();
    sender.join();
    CHECK(harness.context().getState() == ContextState::stopped);
}

TEST_CASE("a sender waits while too much is received and not yet processed")
{
    constexpr std::size_t bound = 64 * 1024;
    Reader reader{{.maxReceivedBytes = bound}};
    constexpr int sent = 100'000;
    std::thread sender{[&] {
        auto const server = reader.accept();
        std::string text;
        for (int i = 0; i < sent; ++i) text += "line " + std::to_string(i) + '\n';
        server.writeAll(text);
    }};
    int lines = 0;
    int wrong = 0;
    std::size_t peak = 0;
    while (lines < sent) {
        reader.harness.awaitReceived(lines + 1);
        peak = std::max(peak, inputOf(reader.harness).store.space().used());
        for (auto const& line : reader.next(lines + 1)) {
            if (line != "line " + std::to_string(lines++)) ++wrong;
        }
    }
    sender.join();
    CHECK(wrong == 0);
    CHECK(peak <= bound + 4096);  // the least room that is read into
}

TEST_CASE("a line above the limit gives the connection up, and the limit is named; up to it a line is whole")
{
    CHECK_THROWS_AS(static_cast<void>(socketTextStream(testing::Harness{}.context(), "127.0.0.1", 9, {.maxLineBytes = 0})),
                    InvalidArgument);
    struct Errors : StreamingListener {
        std::atomic<int> count = 0;
        std::string last;
        void onReceiverError(ReceiverError const& e) override
        {
            last = e.receiver.lastErrorMessage;
            ++count;
        }
    } errors;
    testing::Harness harness{{.receiverRestartDelay = 1s}};
    io::Wakeup const wake;
    io::Listener const listener;
    Texts lines;
    socketTextStream(harness.context(), "127.0.0.1", listener.port(), {.maxLineBytes = 10'000}) | foreachRDD([&](auto batch) {
        for (auto const& line : std::move(batch) | collect()) lines.push_back(line);
    });
    harness.context().addStreamingListener(errors);
    harness.start();
    std::string const whole(10'000, 'a');
    {
        auto const server = listener.accept(wake);
        server.writeAll(whole + "\nb\n");
        harness.awaitReceived(2);
        server.writeAll(std::string(10'001, 'c'));
        harness.await("the error", [&] { return errors.count == 1; });
    }
    CHECK(errors.last.find("a line has more than 10000 bytes (SocketTextStreamOptions::maxLineBytes)") != std::string::npos);
    harness.advance(1s);
    CHECK(lines.size() == 3);
    CHECK(lines[0] == whole);
    CHECK(lines[1] == "b");
    auto const again = listener.accept(wake);
    again.writeAll("d\n");
    harness.awaitReceived(4);
    harness.advance(1s);
    CHECK(lines.back() == "d");
}

TEST_CASE("the partitions of a batch of text are its lines in order, however they came")
{
    std::vector<std::vector<Texts>> seen;
    std::string const text = "one\ntwo\nthree\nfour and more\n\nfive\nsix\n";
    for (std::size_t const piece : {std::size_t{1}, std::size_t{5}, text.size()}) {
        Reader reader{{.master = "local[3]"}};
        auto const server = reader.accept();
        for (std::size_t at = 0; at < text.size(); at += piece) server.writeAll(std::string_view{text}.substr(at, piece));
        CHECK(reader.next(7) == Texts{"one", "two", "three", "four and more", "", "five", "six"});
        CHECK(reader.partitions.size() == 3);
        seen.push_back(reader.partitions);
    }
    CHECK(seen[0] == seen[1]);
    CHECK(seen[0] == seen[2]);
    CHECK(!seen[0][2].empty());
}

TEST_CASE("the number of partitions is a setting")
{
    Reader reader{{.master = "local[2]", .defaultParallelism = 5}};
    static_cast<void>(reader.next(0));
    CHECK(reader.partitions.size() == 5);
}

TEST_CASE("a port that is none is refused")
{
    testing::Harness harness;
    CHECK_THROWS_WITH_AS(static_cast<void>(socketTextStream(harness.context(), "localhost", 0, {}, {"words.cpp", 7})),
                         "sluice::socketTextStream (words.cpp:7): a port lies between 1 and 65535, got 0", InvalidArgument);
    CHECK_THROWS_AS(static_cast<void>(socketTextStream(harness.context(), "localhost", 65536)), InvalidArgument);
    CHECK_THROWS_AS(static_cast<void>(socketTextStream(harness.context(), "localhost", -1)), InvalidArgument);
    CHECK(harness.context().core()->inputs().empty());
}
