#include <sluice/checkpoint/checkpoint.hpp>
#include <sluice/checkpoint/raw_socket_stream.hpp>
#include <sluice/checkpoint/save_as_object_files.hpp>
#include <sluice/sluice.hpp>
#include <sluice/testing.hpp>

#include "../io/temporary.hpp"
#include "../sources/socket_reader.hpp"

#include <doctest/doctest.h>

#include <mutex>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

using Texts = std::vector<std::string>;

/// A context that reads T from a server of this test, and shows them as text.
template <class T>
struct Reader : SocketReader {
    explicit Reader(SocketStreamOptions options = {}) : SocketReader({.receiverRestartDelay = 1s})
    {
        rawSocketStream<T>(harness.context(), "127.0.0.1", listener.port(), options) |
            foreachRDD([this](auto batch) { records = batch | map([](T const& record) { return sluice::textOf(record); }) | collect(); });
        harness.start();
    }
};

template <class T>
std::string framesOf(std::vector<std::vector<T>> const& all)
{
    RawSocketFrames<T> frames;
    std::string bytes;
    for (auto const& frame : all) {
        for (auto const& value : frame) frames.write(value);
        bytes += frames.take();
    }
    return bytes;
}

}  // namespace

TEST_CASE("frames are values of one type, wherever the bytes are cut")
{
    auto const bytes = framesOf<std::pair<std::string, int>>({{{"to", 2}, {"be", 1}}, {}, {{"", -3}}});
    for (std::size_t const piece : {std::size_t{1}, std::size_t{17}, bytes.size()}) {
        Reader<std::pair<std::string, int>> reader;
        auto const server = reader.accept();
        for (std::size_t at = 0; at < bytes.size(); at += piece) server.writeAll(std::string_view{bytes}.substr(at, piece));
        CHECK(reader.next(3) == Texts{"(to,2)", "(be,1)", "(,-3)"});
    }
}

TEST_CASE("each connection begins anew; an earlier type is read as a Decoder does, another one is refused with both")
{
    Reader<std::int64_t> reader;
    {
        auto const server = reader.accept();
        server.writeAll(framesOf<std::int32_t>({{1, -2}}));
        CHECK(reader.next(2) == Texts{"1", "-2"});
    }
    reader.awaitTold(" was closed by the server");
    {
        reader.harness.advance(1s);
        auto const server = reader.accept();
        server.writeAll(framesOf<std::string>({{"text"}}));
        reader.awaitTold("restarting in 1000 ms: sluice::rawSocketStream: sluice::");
        std::lock_guard const lock{reader.mutex};
        CHECK(reader.told.back().find("text") != std::string::npos);
        CHECK(reader.told.back().find("int64") != std::string::npos);
    }
    reader.harness.advance(1s);
    auto const server = reader.accept();
    server.writeAll(framesOf<std::int64_t>({{3}}));
    CHECK(reader.next(3) == Texts{"3"});
}

TEST_CASE("bytes that are damaged give the connection up, and are never taken for records")
{
    auto const bytes = framesOf<std::string>({{"to"}, {"be"}});
    Reader<std::string> reader;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        auto other = bytes;
        other[i] = static_cast<char>(other[i] ^ 16);
        {
            auto const server = reader.accept();
            server.writeAll(other);
            reader.awaitTold("restarting in 1000 ms: sluice::rawSocketStream: ");
        }
        {
            std::lock_guard const lock{reader.mutex};
            reader.told.clear();
        }
        reader.harness.advance(1s);
        CHECK((reader.records.empty() || reader.records == Texts{"to"}));
    }
    auto const server = reader.accept();
    server.writeAll("GET / HTTP/1.1\r\n\r\n");
    reader.awaitTold("what came at byte 0 of the connection is no frame");
}

TEST_CASE("a frame above the limit gives the connection up before it has come, and the limit is named")
{
    auto const header = framesOf<std::string>({{}}).size();
    Reader<std::string> reader{{.maxRecordBytes = 1000}};
    auto const server = reader.accept();
    auto const bytes = framesOf<std::string>({{std::string(1000 - 16 - 9 - 2, 'x')}, {std::string(1000 - 16 - 9 - 1, 'y')}});
    server.writeAll(std::string_view{bytes}.substr(0, header + 1000 + 16));
    reader.awaitTold("a frame of 985 bytes, and 1000 is the most with what stands before it (SocketStreamOptions::maxRecordBytes)");
    CHECK(reader.next(1) == Texts{std::string(973, 'x')});
}

TEST_CASE("an object file is such bytes, and nothing may stand behind it")
{
    Temporary const folder;
    testing::Harness harness;
    testing::literalStream<int>(harness.context(), {{1, 2, 3}}, 1) | saveAsObjectFiles(folder.path("out"));
    harness.start();
    harness.advance(1s);
    harness.context().stop();
    io::FileBytes const file{folder.path("out-1000/part-00000")};
    Reader<int> reader;
    auto const server = reader.accept();
    server.writeAll(file.view());
    CHECK(reader.next(3) == Texts{"1", "2", "3"});
    std::string behind;
    detail::appendRecord(behind, file.view().size(), "x", "");
    server.writeAll(behind);
    reader.awaitTold("something stands behind the end");
}

TEST_CASE("what is kept of it comes again where its batch was not done")
{
    Temporary const folder;
    io::Wakeup wake;
    io::Listener listener;
    auto const run = [&](Time now, bool failing, std::vector<int> const& sends) {
        std::vector<std::vector<int>> seen;
        testing::Harness harness{{.master = "inline", .receiverRestartDelay = 100s, .onBatchFailure = sluice::stop, .log = silent}};
        harness.clock().setTime(now);
        checkpoint(harness.context(), folder.path("x"));
        rawSocketStream<int>(harness.context(), "127.0.0.1", listener.port()) | named("raw") | checkpoint() | foreachRDD([&](auto batch) {
            if (failing) throw InvalidArgument{"killed here"};
            seen.push_back(batch | collect());
        });
        harness.start();
        auto const client = listener.accept(wake);
        client.writeAll(framesOf<int>({sends}));
        harness.awaitReceived(static_cast<std::int64_t>(sends.size()));
        try {
            harness.advance(1s);
        } catch (StreamError const&) {
        }
        harness.context().stop({.gracefully = !failing});
        return seen;
    };
    CHECK(run(Time{}, true, {1, 2}).empty());
    CHECK(run(Time{1s}, false, {3}) == std::vector<std::vector<int>>{{1, 2}, {3}});
}

TEST_CASE("a port that is none, and a limit without room for a frame, are refused at the call")
{
    testing::Harness harness;
    CHECK_THROWS_AS(static_cast<void>(rawSocketStream<int>(harness.context(), "localhost", 0)), InvalidArgument);
    CHECK_THROWS_AS(static_cast<void>(rawSocketStream<int>(harness.context(), "localhost", 9999, {.maxRecordBytes = 16})), InvalidArgument);
}
