#include <sluice/sluice.hpp>
#include <sluice/storage.hpp>
#include <sluice/testing.hpp>
#include <sluice/zstd.hpp>

#if __has_include(<xxhash.h>)
#include <sluice/checkpoint.hpp>
#endif

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <thread>

using namespace sluice;
using namespace std::literals;

namespace {

std::string randomBytes(std::mt19937& random, std::size_t size, unsigned kinds)
{
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % kinds);
    return bytes;
}

}  // namespace

TEST_CASE("what is packed is unpacked, of any size, also where the limit is its size")
{
    std::mt19937 random{1};
    for (auto const size : std::vector<std::size_t>{0, 1, 2, 100, 65'535, 65'536, 65'537, 300'000, 5'000'000}) {
        for (unsigned const kinds : {1U, 4U, 256U}) {
            CAPTURE(size);
            CAPTURE(kinds);
            auto const all = randomBytes(random, size, kinds);
            auto const packed = zstd(all);
            CHECK((unzstd(packed) == all));
            CHECK((unzstd(packed, size) == all));
            if (size > 0)
                CHECK_THROWS_WITH_AS(static_cast<void>(unzstd(packed, size - 1)), doctest::Contains("which is the limit"), StreamError);
        }
    }
}

TEST_CASE("each byte changed, and each cut, is an error, or gives bytes within the limit: nothing crashes")
{
    std::mt19937 random{2};
    auto const all = randomBytes(random, 3000, 16);
    auto const packed = zstd(all);
    for (std::size_t i = 0; i < packed.size(); ++i) {
        CHECK_THROWS_AS(static_cast<void>(unzstd(std::string_view{packed}.substr(0, i))), StreamError);
        for (auto const bits : {1, 0x80, 0xff}) {
            auto damaged = packed;
            damaged[i] = static_cast<char>(damaged[i] ^ bits);
            std::string told = "sluice::unzstd: ";
            try {
                if (unzstd(damaged, 1 << 20).size() > 1 << 20) told = "more than the limit";  // a checksum is not its affair
            } catch (StreamError const& error) {
                told = error.what();
            }
            CHECK(told.starts_with("sluice::unzstd: "));
        }
    }
    CHECK_THROWS_WITH_AS(static_cast<void>(unzstd(packed + "x")), "sluice::unzstd: something stands behind it", StreamError);
    CHECK_THROWS_WITH_AS(static_cast<void>(unzstd("")), "sluice::unzstd: it ends too early", StreamError);
    for (int i = 0; i < 20'000; ++i) {
        auto noise = packed.substr(0, random() % 20) + randomBytes(random, random() % 200, 256);
        CHECK_THROWS_AS(static_cast<void>(unzstd(noise, 1 << 20)), StreamError);
    }
}

TEST_CASE("a frame that says that it holds a great deal gets no memory for that, and one that does is stopped at the limit")
{
    // Magic, a window of a segment, 8 bytes of size: 2^40; then a block of one byte, repeated twice.
    auto const liar = "\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\1\0\0\x13\0\0a"s;
    CHECK_THROWS_AS(static_cast<void>(unzstd(liar)), StreamError);
    auto const bomb = zstd(std::string(std::size_t{200} << 20, '\0'));
    CHECK(bomb.size() < 30'000);
    CHECK_THROWS_WITH_AS(static_cast<void>(unzstd(bomb, 1 << 20)),
                         doctest::Contains("there are more than 1048576 bytes in it, which is the limit"), StreamError);
}

TEST_CASE("several threads pack and unpack at once")
{
    std::vector<std::jthread> threads;
    std::atomic<int> good = 0;
    for (unsigned who = 0; who < 4; ++who) {
        threads.emplace_back([who, &good] {
            std::mt19937 random{who};
            for (int i = 0; i < 50; ++i) {
                auto const all = randomBytes(random, random() % 100'000, 1 + who);
                good += unzstd(zstd(all)) == all;
            }
        });
    }
    threads.clear();
    CHECK(good == 200);
}

// ---- what goes to a disk -------------------------------------------------------------------------------------------------

namespace {

using Words = std::vector<std::pair<std::string, std::int64_t>>;

Words wordsOf(std::size_t n)
{
    Words words;
    for (std::size_t i = 0; i < n; ++i) words.emplace_back("word " + std::to_string(i * 7919 % 1000), static_cast<std::int64_t>(i % 100));
    return words;
}

template <class F>
void inContext(Config config, F&& f)
{
    ManualClock clock;
    config.master = "local[2]";
    config.clock = clock;
    config.exclusive = false;
    StreamingContext ssc{std::move(config), 1s};
    f(ssc, clock);
    ssc.stop();
}

}  // namespace

TEST_CASE("blocks on the disk are smaller, and the same when they are read; those that do not shrink stay as they are")
{
    Temporary const directory;
    detail::DiskStore store{Label{"cache", CallSite::here()}, directory.path(), 0, Compression::zstd};
    std::mt19937 random{3};
    std::string to;
    for (int i = 0; i < 3; ++i) {
        std::string const alike(70'000, 'x');
        auto const small = store.write(alike);
        CHECK(small.size < 1000);
        CHECK((store.read(small, to) == alike));
        auto const noise = randomBytes(random, 50'000, 256);
        auto const large = store.write(noise);
        CHECK(large.size == noise.size());
        CHECK((store.read(large, to) == noise));
        CHECK((store.read(small, to) == alike));
    }
}

TEST_CASE("caches on the disk and what spills have the same batches, compressed or not")
{
    auto const words = wordsOf(20'000);
    auto const run = [&](Compression compression) {
        std::string seen;
        inContext({.maxReceivedBytes = 1000, .compression = compression}, [&](StreamingContext& ssc, ManualClock& clock) {
            auto [channel, rows] = channelStream<std::pair<std::string, std::int64_t>>(ssc);
            auto const kept = rows | spill() | cache(Storage::disk);
            kept | window(2s) | foreachRDD([&](auto batch) { seen += textOf(batch | collect()); });
            kept | reduceByKey(std::plus{}) | foreachRDD([&](auto batch) { seen += textOf(batch | collect()); });
            ssc.start();
            for (int i = 0; i < 2; ++i) {
                for (auto const& word : words) channel.push(word);
                clock.advance(1s);
                ssc.awaitBatches();
            }
        });
        return seen;
    };
    auto const plain = run(Compression::none);
    CHECK(plain.size() > 500'000);
    CHECK((run(Compression::zstd) == plain));
}

#if __has_include(<xxhash.h>)
namespace {

std::size_t bytesIn(std::string const& directory)
{
    std::size_t all = 0;
    for (auto const& file : std::filesystem::directory_iterator{directory}) all += file.file_size();
    return all;
}

std::string bytesOfFile(std::string const& path)
{
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}
void writeFile(std::string const& path, std::string_view bytes)
{
    std::ofstream{path, std::ios::binary}.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// The directory of a batch.
void saveWords(std::string const& prefix, Words const& words, Compression compression)
{
    inContext({.compression = compression}, [&](StreamingContext& ssc, ManualClock& clock) {
        testing::literalStream<std::pair<std::string, std::int64_t>>(ssc, {words}) | saveAsObjectFiles(prefix);
        ssc.start();
        clock.advance(1s);
        ssc.awaitBatches();
    });
}
auto readWords(std::string const& path) { return objectFile<std::pair<std::string, std::int64_t>>(path) | collect(); }

}  // namespace

TEST_CASE("object files tell that they are compressed, and are read whatever is set")
{
    Temporary const directory;
    auto const words = wordsOf(50'000);
    saveWords(directory.path("plain"), words, Compression::none);
    saveWords(directory.path("packed"), words, Compression::zstd);
    CHECK((readWords(directory.path("plain-1000")) == words));
    CHECK((readWords(directory.path("packed-1000")) == words));
    CHECK(bytesIn(directory.path("packed-1000")) * 3 < bytesIn(directory.path("plain-1000")));
    saveWords(directory.path("none"), {}, Compression::zstd);
    CHECK(readWords(directory.path("none-1000")).empty());

    Words streamed;
    inContext({}, [&](StreamingContext& ssc, ManualClock& clock) {
        fileStream<ObjectFormat<std::pair<std::string, std::int64_t>>>(ssc, directory.path("packed-*"),
                                                                       FileStreamOptions{.newFilesOnly = false}) |
            foreachRDD([&](auto batch) { streamed = batch | collect(); });
        clock.advance(std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()));
        ssc.start();
        clock.advance(1s);
        ssc.awaitBatches();
    });
    CHECK((streamed == words));
}

TEST_CASE("a compressed object file of which a byte is another one, or which is cut, is an error with its name")
{
    Temporary const directory;
    saveWords(directory.path("words"), wordsOf(300), Compression::zstd);
    auto const path = directory.path("words-1000/part-00000");
    auto const good = bytesOfFile(path);
    auto const other = directory.path("other");
    for (std::size_t i = 0; i < good.size(); i += 1 + i / 200) {
        auto damaged = good;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
        writeFile(other, damaged);
        CHECK_THROWS_WITH_AS(static_cast<void>(readWords(other)), doctest::Contains(other.c_str()), StreamError);
        writeFile(other, std::string_view{good}.substr(0, i));
        CHECK_THROWS_AS(static_cast<void>(readWords(other)), StreamError);
    }
}

TEST_CASE("an object file whose records have whole checksums over frames that are none, or are bombs, is an error with its name")
{
    Temporary const directory;
    auto const path = directory.path("file");
    auto const write = [&](std::string const& frame, std::uint64_t many) {
        std::filesystem::remove(path);
        detail::RecordWriter file{path};
        file.append(detail::objectHeader(schemaOf<std::string>(), Compression::zstd));
        std::string record(1, '\2');
        record.resize(9);
        detail::putNumber(record.data() + 1, many);
        file.append(record + frame);
        file.write();
    };
    auto const read = [&] { return objectFile<std::string>(path) | sluice::count(); };
    write("no frame at all", 1);
    CHECK_THROWS_WITH_AS(static_cast<void>(read()), doctest::Contains(path.c_str()), StreamError);
    write(zstd("\5short"), 1);
    CHECK_THROWS_WITH_AS(static_cast<void>(read()), doctest::Contains("its end is missing"), StreamError);
    write(zstd("\5short"), 2);
    CHECK_THROWS_AS(static_cast<void>(read()), StreamError);
    write("\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\1\0\0\x13\0\0a"s, 1);
    CHECK_THROWS_AS(static_cast<void>(read()), StreamError);

    detail::ObjectRecords records{path, 1 << 20};
    records.begin(detail::objectHeader(schemaOf<std::string>(), Compression::zstd));
    auto const bomb = std::string("\2\1\0\0\0\0\0\0\0", 9) + zstd(std::string(std::size_t{100} << 20, '\0'));
    CHECK_THROWS_WITH_AS(static_cast<void>(records.take(bomb)),
                         (path + ": sluice::unzstd: there are more than 1048576 bytes in it, which is the limit").c_str(), StreamError);
    detail::ObjectRecords none{"sluice::rawSocketStream", 0};
    CHECK_THROWS_WITH_AS(none.begin(detail::objectHeader(schemaOf<std::string>(), Compression::zstd)),
                         "sluice::rawSocketStream: it is compressed, which is not taken here", StreamError);
}

namespace {

using States = std::vector<std::pair<std::string, std::string>>;

/// A checkpoint of one state, whose last image has all keys.
void keep(std::string const& directory, States const& states, Compression compression)
{
    detail::CheckpointStore store{
        directory, [](std::string const& text) { FAIL(text); }, {.leastLog = 1, .mostCommits = 1, .compression = compression}};
    for (int i = 1; i <= 3; ++i) {
        detail::CheckpointCommit commit{Time{i * 1s}};
        commit.begin({"words", "k", "s"});
        for (auto const& [key, state] : states) commit.put(key, state);
        store.commit(std::move(commit));
        store.sync();
    }
}
States kept(std::string const& directory)
{
    States states;
    detail::CheckpointReader const reader{directory, [](std::string const& text) { FAIL(text); }};
    reader.each("words", [&](std::string_view key, std::string_view state) { states.emplace_back(key, state); });
    return states;
}
std::size_t imageBytes(std::string const& directory)
{
    std::size_t all = 0;
    for (auto const& file : std::filesystem::directory_iterator{directory}) {
        if (file.path().filename().string().starts_with("image-")) all += file.file_size();
    }
    return all;
}

}  // namespace

TEST_CASE("images of a checkpoint are compressed, and read whatever is set at the next start")
{
    Temporary const directory;
    States states;
    for (int i = 0; i < 30'000; ++i) states.emplace_back("key " + std::to_string(i), "state of " + std::to_string(i % 50));
    keep(directory.path("plain"), states, Compression::none);
    keep(directory.path("packed"), states, Compression::zstd);
    CHECK((kept(directory.path("packed")) == states));
    CHECK((kept(directory.path("plain")) == states));
    CHECK(imageBytes(directory.path("packed")) > 0);
    CHECK(imageBytes(directory.path("packed")) * 3 < imageBytes(directory.path("plain")));
    states.resize(100);
    keep(directory.path("packed"), {}, Compression::none);  // another start, which writes its images as they are
    CHECK(kept(directory.path("packed")).size() == 30'000);
}
#endif
