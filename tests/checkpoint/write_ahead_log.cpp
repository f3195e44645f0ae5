#include <sluice/checkpoint/write_ahead_log.hpp>
#include <sluice/io/directory.hpp>

#include "../io/full_disk.hpp"
#include "../io/temporary.hpp"

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace sluice;
using namespace sluice::detail;
using namespace std::chrono_literals;

namespace {

using Blocks = std::map<std::uint64_t, std::string>;

/// A log with two streams, and what it has found.
struct Opened {
    explicit Opened(std::string const& directory, WriteAheadLogOptions const& options = {}, std::uint64_t mostBytes = 1000)
        : log(makeCounted<WriteAheadLog>(
              directory, options, [this](std::string const& text) { told.push_back(text); }, [this] { return now; }, mostBytes))
    {
        log->addStream("one", "schema 1");
        log->addStream("two", "schema 2");
        log->read([this](FoundBlock const& block) {
            auto const stream = block.stream == "one" ? 0 : 1;
            CHECK(block.schema == (stream == 0 ? "schema 1" : "schema 2"));
            found[stream][block.id] = std::string{block.bytes};
            records += block.records;
            if (block.position) position = std::string{*block.position};
            log->continueAt(static_cast<std::size_t>(stream), block.id + 1);
            return true;
        });
    }

    static LogBlock block(std::size_t stream, std::string const& bytes, std::optional<std::string_view> position = {})
    {
        LogBlock made{stream, position};
        made.bytes() += bytes;
        made.add(bytes.size());
        return made;
    }
    std::uint64_t post(std::size_t stream, std::string const& bytes) const { return log->post(block(stream, bytes)); }
    std::uint64_t store(std::size_t stream, std::string const& bytes, std::optional<std::string_view> at = {})
    {
        std::uint64_t id = 0;
        auto const put = [](void* seen, std::uint64_t which) { static_cast<std::vector<std::uint64_t>*>(seen)->push_back(which); };
        bool const taken = log->store(block(stream, bytes, at), id, put, &stored);
        CHECK(taken);
        return id;
    }

    Time now;
    std::vector<std::string> told;
    Blocks found[2];
    std::uint64_t records = 0;
    std::string position;
    std::vector<std::uint64_t> stored;
    Counted<WriteAheadLog> log;
};

std::string bytesOf(std::string const& path) { return std::string{io::FileBytes{path}.view()}; }
bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("what was stored is found again, by stream, in its order, with its position")
{
    Temporary const folder;
    {
        Opened one{folder.path()};
        CHECK(WriteAheadLog::filesIn(folder.path()).empty());  // nothing is made before something is stored
        one.log->sync();
        CHECK(one.store(0, "abc", "at 3") == 0);
        CHECK(one.post(1, "x") == 0);
        CHECK(one.store(0, "de", "at 5") == 1);
        CHECK(one.store(1, "") == 1);
        CHECK(one.stored == std::vector<std::uint64_t>{0, 1, 1});
    }
    Opened again{folder.path()};
    CHECK(again.told.empty());
    CHECK(again.found[0] == Blocks{{0, "abc"}, {1, "de"}});
    CHECK(again.found[1] == Blocks{{0, "x"}, {1, ""}});
    CHECK(again.records == 6);
    CHECK(again.position == "at 5");
    CHECK(again.store(0, "f") == 2);
    CHECK(WriteAheadLog::filesIn(folder.path()) == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("what is posted lasts when it has been synced, and with what others store")
{
    Temporary const folder;
    for (auto const sync : {LogSync::stores, LogSync::batches, LogSync::never}) {
        auto const directory = folder.makeDirectory(std::to_string(static_cast<int>(sync)));
        Opened one{directory, {.sync = sync}};
        one.post(0, "a");
        CHECK(Opened{directory}.found[0].empty());
        one.log->sync();
        CHECK(Opened{directory}.found[0] == Blocks{{0, "a"}});
        one.post(0, "b");
        one.store(1, "c");
        CHECK(Opened{directory}.found[0] == Blocks{{0, "a"}, {1, "b"}});
        one.log->sync();
    }
}

TEST_CASE("what is posted is written when it is very much, so that it does not wait in memory; what cannot be written waits")
{
    constexpr std::size_t mib = std::size_t{1} << 20;
    auto const letter = [](std::size_t i) { return std::string(mib, static_cast<char>('a' + i)); };
    for (bool const full : {false, true}) {
        Temporary const folder;
        Opened one{folder.path(), {}, 64 * mib};
        {
            std::optional<FullDisk> disk;
            if (full) disk.emplace();
            for (std::size_t i = 0; i < 20; ++i) one.post(i % 2, letter(i));
            if (full) CHECK_THROWS_AS(one.log->sync(), StreamError);
        }
        Opened const meanwhile{folder.path(), {}, 64 * mib};
        CHECK(meanwhile.found[0].size() + meanwhile.found[1].size() == (full ? 0 : 16));
        one.log->sync();
        Opened const all{folder.path(), {}, 64 * mib};
        CHECK(all.found[0].size() == 10);
        CHECK(all.found[1].size() == 10);
        CHECK(all.found[1].at(9) == letter(19));
        CHECK(all.told.empty());
    }
}

TEST_CASE("a file that is long enough, or old enough, is followed by the next one; those that nobody needs are removed")
{
    Temporary const folder;
    auto const files = [&] { return WriteAheadLog::filesIn(folder.path()); };
    {
        Opened one{folder.path(), {.rollingInterval = 10s}};
        one.store(0, std::string(2000, 'x'));
        one.store(0, "a");
        CHECK(files() == std::vector<std::uint64_t>{1, 2});
        one.now = Time{10s};
        one.store(1, "b");
        CHECK(files() == std::vector<std::uint64_t>{1, 2, 3});
        one.log->letGo(0, {1});
        CHECK(files() == std::vector<std::uint64_t>{1, 3});
        one.log->letGo(1, {0});
        CHECK(files() == std::vector<std::uint64_t>{1, 3});  // it is being written to
        one.now = Time{20s};
        one.store(0, "c");
        CHECK(files() == std::vector<std::uint64_t>{1, 4});
    }
    Opened again{folder.path()};
    CHECK(again.found[0].size() == 2);
    again.log->letGo(0, {2});
    CHECK(files() == std::vector<std::uint64_t>{1});
    again.log->letGo(0, {0});
    CHECK(files().empty());
    CHECK(again.store(0, "d") == 3);
    CHECK(files() == std::vector<std::uint64_t>{5});
}

TEST_CASE("all who wait at once wait for one write; the blocks of a stream are put in the order of their numbers")
{
    Temporary const folder;
    constexpr int threads = 8;
    constexpr int each = 50;
    {
        Opened one{folder.path(), {}, 1 << 20};
        std::vector<std::uint64_t> order[2];  // put by one thread at a time
        std::vector<std::thread> all;
        std::atomic<int> ended{0};
        for (int t = 0; t < threads; ++t) {
            all.emplace_back([&, t] {
                for (int i = 0; i < each; ++i) {
                    std::uint64_t id = 0;
                    auto const stream = static_cast<std::size_t>(t % 2);
                    auto const put = [](void* seen, std::uint64_t which) {
                        static_cast<std::vector<std::uint64_t>*>(seen)->push_back(which);
                    };
                    if (!one.log->store(Opened::block(stream, std::to_string(t)), id, put, &order[stream])) return;
                }
                ++ended;
            });
        }
        for (auto& thread : all) thread.join();
        CHECK(ended == threads);
        for (auto const& ids : order) {
            CHECK(ids.size() == threads * each / 2);
            for (std::size_t i = 0; i < ids.size(); ++i) CHECK(ids[i] == i);
        }
    }
    Opened again{folder.path()};
    CHECK(again.found[0].size() == threads * each / 2);
    CHECK(again.found[1].size() == threads * each / 2);
}

TEST_CASE("wherever the last file is cut, or a bit of its last block is another one: what stands before it is found, and it is told")
{
    Temporary const folder;
    std::size_t before = 0;
    auto const name = WriteAheadLog::path(folder.path(), 1);
    {
        Opened one{folder.path()};
        one.store(0, "first");
        before = bytesOf(name).size();
        one.store(0, "second");
    }
    auto const whole = bytesOf(name);
    Blocks const first{{0, "first"}};
    for (auto at = before; at <= whole.size(); ++at) {
        folder.write("received-1", whole.substr(0, at), 0);
        Opened again{folder.path()};
        CHECK(again.found[0] == (at < whole.size() ? first : Blocks{{0, "first"}, {1, "second"}}));
        CHECK(again.told.size() == (at == before || at == whole.size() ? 0 : 1));
        if (again.told.empty()) continue;
        CHECK(has(again.told[0], name + " is damaged at byte " + std::to_string(before) + ": "));
        CHECK(has(again.told[0], "it ends there"));
        CHECK(bytesOf(name).size() == before);  // cut, and not told again
        CHECK(Opened{folder.path()}.told.empty());
    }
    for (auto at = before; at < whole.size(); ++at) {
        auto bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ 4);
        folder.write("received-1", bytes, 0);
        Opened again{folder.path()};
        CHECK(again.found[0] == first);
        CHECK(again.told.size() == 1);
    }
}

TEST_CASE("damage in the middle is told with file and byte, and what is whole behind it is found")
{
    Temporary const folder;
    std::size_t begin = 0;
    std::size_t end = 0;
    auto const name = WriteAheadLog::path(folder.path(), 1);
    {
        Opened one{folder.path()};
        one.store(0, "first");
        begin = bytesOf(name).size();
        one.store(0, "second");
        end = bytesOf(name).size();
        one.store(0, "third");
    }
    auto const whole = bytesOf(name);
    for (auto at = begin; at < end; ++at) {
        auto bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ 64);
        folder.write("received-1", bytes, 0);
        Opened again{folder.path()};
        CHECK(again.found[0] == Blocks{{0, "first"}, {2, "third"}});
        REQUIRE(again.told.size() == 1);
        CHECK(has(again.told[0], name + " is damaged at byte " + std::to_string(begin) + ": "));
        CHECK(has(again.told[0], "lost, up to byte " + std::to_string(end)));
    }
}

TEST_CASE("an older file that is cut is told, and the next one is read; without its beginning it says how much is lost")
{
    Temporary const folder;
    auto const name = WriteAheadLog::path(folder.path(), 1);
    {
        Opened one{folder.path()};
        one.store(0, std::string(2000, 'x'));
        one.store(0, "next");
    }
    auto const whole = bytesOf(name);
    folder.write("received-1", whole.substr(0, whole.size() - 1), 0);
    Opened cut{folder.path()};
    CHECK(cut.found[0] == Blocks{{1, "next"}});
    REQUIRE(cut.told.size() == 1);
    CHECK(has(cut.told[0], "what was received and stood behind it in this file is lost"));
    auto bytes = whole;
    for (std::size_t at = 0; at < 80; ++at) bytes[at] = 'x';
    folder.write("received-1", bytes, 0);
    Opened headless{folder.path()};
    CHECK(headless.found[0] == Blocks{{1, "next"}});
    REQUIRE(headless.told.size() == 2);
    CHECK(has(headless.told[0], name + " is damaged at byte 0: "));
    CHECK(has(headless.told[1], "2000 records of it are lost"));
}

TEST_CASE("a full disk: who stores is told, nothing of it is found, and it goes on when there is room")
{
    Temporary const folder;
    Opened one{folder.path()};
    one.store(0, "before");
    auto const before = one.stored;
    {
        FullDisk const full;
        CHECK_THROWS_WITH_AS(one.store(0, std::string(500, 'x')),
                             ("sluice::io: writing " + WriteAheadLog::path(folder.path(), 3) + ": File too large").c_str(), StreamError);
        one.log->sync();  // nothing else waits
        one.post(1, "y");
        CHECK_THROWS_AS(one.log->sync(), StreamError);
        CHECK_THROWS_AS(one.log->sync(), StreamError);
    }
    CHECK(one.stored == before);
    CHECK(one.store(0, "behind") == 2);
    one.log->sync();
    Opened again{folder.path()};
    CHECK(again.told.empty());
    CHECK(again.found[0] == Blocks{{0, "before"}, {2, "behind"}});
    CHECK(again.found[1] == Blocks{{0, "y"}});  // it has waited
    CHECK(again.store(0, "more") == 3);
}

TEST_CASE("it is tried as often as the settings say")
{
    Temporary const folder;
    Opened one{folder.path(), {.maxFailures = 1}};
    FullDisk const full;
    CHECK_THROWS_WITH_AS(one.store(0, std::string(500, 'x')),
                         ("sluice::io: writing " + WriteAheadLog::path(folder.path(), 1) + ": File too large").c_str(), StreamError);
}

TEST_CASE("what put throws, who stored is thrown, and what it has stored is found")
{
    Temporary const folder;
    {
        Opened one{folder.path()};
        std::uint64_t id = 7;
        CHECK_THROWS_WITH_AS(one.log->store(
                                 Opened::block(0, "a"), id, [](void*, std::uint64_t) { throw InvalidArgument{"no"}; }, nullptr),
                             "no", InvalidArgument);
        CHECK(id == 0);
        CHECK(one.store(0, "b") == 1);
    }
    CHECK(Opened{folder.path()}.found[0] == Blocks{{0, "a"}, {1, "b"}});
}

TEST_CASE("a log that is closed takes nothing more")
{
    Temporary const folder;
    Opened one{folder.path()};
    one.store(0, "a");
    one.log->close();
    std::uint64_t id = 0;
    CHECK_FALSE(one.log->store(Opened::block(0, "b"), id, [](void*, std::uint64_t) {}, nullptr));
    CHECK(Opened{folder.path()}.found[0] == Blocks{{0, "a"}});
}

TEST_CASE("settings that make no sense are refused; so is a file that is none of the log's")
{
    Temporary const folder;
    CHECK_THROWS_WITH_AS((Opened{folder.path(), {.maxFailures = 0}}),
                         "sluice::WriteAheadLogOptions::maxFailures: it is tried at least once, got 0", InvalidArgument);
    CHECK_THROWS_AS((Opened{folder.path(), {.rollingInterval = 0s}}), InvalidArgument);
    {
        Opened one{folder.path()};
        one.store(0, "a");
    }
    folder.write("received-9", bytesOf(folder.path("received-1")), 0);
    CHECK_THROWS_WITH_AS(Opened{folder.path()},
                         ("sluice::checkpoint: " + folder.path("received-9") + " was another file, and has been renamed").c_str(),
                         StreamError);
    folder.write("received-9", "", 0);
    folder.write("received-x", "not ours", 0);
    CHECK(Opened{folder.path()}.found[0] == Blocks{{0, "a"}});
}
