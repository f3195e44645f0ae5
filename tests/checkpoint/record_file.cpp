#include <sluice/checkpoint/record_file.hpp>
#include <sluice/io/file_bytes.hpp>
#include <sluice/io/replace_file.hpp>

#include "../hex.hpp"
#include "../io/full_disk.hpp"
#include "../io/temporary.hpp"

#include <random>
#include <string>
#include <vector>

using namespace sluice;
using namespace sluice::detail;

namespace {

std::vector<std::string> someRecords(std::size_t n, std::size_t longest)
{
    std::mt19937 random{7};
    std::vector<std::string> records(n);
    for (auto& record : records) {
        record.resize(random() % (longest + 1));
        for (auto& byte : record) byte = static_cast<char>(random());
    }
    return records;
}

std::string bytesOf(std::string const& path) { return std::string{io::FileBytes{path}.view()}; }

struct Read {
    std::vector<std::string> records;
    std::uint64_t end = 0;
    std::string damage;
};
Read readAll(std::string const& path)
{
    RecordReader reader{path};
    Read read;
    while (reader.next()) read.records.emplace_back(reader.record());
    CHECK_FALSE(reader.next());
    read.end = reader.end();
    read.damage = reader.damage();
    return read;
}

void write(std::string const& path, std::vector<std::string> const& records)
{
    RecordWriter writer{path};
    for (auto const& record : records) writer.append(record);
    writer.sync();
}

}  // namespace

TEST_CASE("records are read as they were written, empty ones and long ones")
{
    Temporary const folder;
    auto records = someRecords(200, 3000);
    records.insert(records.begin(), "");
    records.emplace_back(9'000'000, 'x');
    records.emplace_back();
    write(folder.path("file"), records);
    auto const read = readAll(folder.path("file"));
    CHECK(read.records == records);
    CHECK(read.damage.empty());
    CHECK(read.end == bytesOf(folder.path("file")).size());
}

TEST_CASE("an empty file has no record")
{
    Temporary const folder;
    write(folder.path("file"), {});
    auto const read = readAll(folder.path("file"));
    CHECK(read.records.empty());
    CHECK(read.damage.empty());
}

TEST_CASE("the format is a promise")
{
    Temporary const folder;
    write(folder.path("file"), {"ab", ""});
    auto const bytes = bytesOf(folder.path("file"));
    CHECK(bytes.size() == 34);
    CHECK(bytes.substr(0, 4) == std::string_view{"\2\0\0\0", 4});
    CHECK(bytes.substr(16, 2) == "ab");
    CHECK(hex(bytes) == "02000000c90ba2665c73d5249c7173a861620000000085fe31cf35d9fba3fd939b55");
}

TEST_CASE("whatever byte is another one, or wherever it is cut: the records before it are read, and no other ones")
{
    Temporary const folder;
    auto const records = someRecords(6, 20);
    write(folder.path("whole"), records);
    auto const whole = bytesOf(folder.path("whole"));
    std::vector<std::size_t> ends;
    for (std::size_t at = 0; auto const& record : records) ends.push_back(at += recordHeader + record.size());
    auto const before = [&](std::size_t at) {
        std::vector<std::string> expected;
        for (std::size_t i = 0; i < records.size() && ends[i] <= at; ++i) expected.push_back(records[i]);
        return expected;
    };
    auto const path = folder.path("file");
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            auto bytes = whole;
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
            folder.write("file", bytes, 0);
            auto const read = readAll(path);
            CHECK(read.records == before(at));
            CHECK(read.damage.find(path + " is damaged at byte " + std::to_string(read.end) + ": ") == 0);
        }
        folder.write("file", whole.substr(0, at), 0);
        auto const read = readAll(path);
        CHECK(read.records == before(at));
        CHECK(read.damage.empty() == (read.end == at));
    }
}

TEST_CASE("who goes on behind the last whole record cuts off what stands there")
{
    Temporary const folder;
    auto const path = folder.path("file");
    write(path, {"one", "two"});
    folder.write("file", bytesOf(path) + "half a record", 0);
    auto const read = readAll(path);
    CHECK(read.records.size() == 2);
    CHECK(read.damage == path + " is damaged at byte 38: a record has not been written to its end");
    {
        RecordWriter writer{path, read.end};
        CHECK(writer.size() == read.end);
        writer.append("three");
        CHECK(readAll(path).records.size() == 2);
        writer.write();
    }
    auto const again = readAll(path);
    CHECK(again.records == std::vector<std::string>{"one", "two", "three"});
    CHECK(again.damage.empty());
}

TEST_CASE("records of another place are none: what an older file left behind is not taken for new")
{
    Temporary const folder;
    write(folder.path("old"), {"a", "b", "c"});
    auto const old = bytesOf(folder.path("old"));
    auto const length = recordHeader + 1;
    folder.write("file", old.substr(0, length) + old.substr(2 * length), 0);
    CHECK(readAll(folder.path("file")).records == std::vector<std::string>{"a"});
}

TEST_CASE("what fails names the file, which is not used any more")
{
    Temporary const folder;
    CHECK_THROWS_WITH_AS(RecordReader{folder.path("none")},
                         ("sluice::io: opening the file " + folder.path("none") + ": No such file or directory").c_str(), StreamError);
    write(folder.path("file"), {});
    CHECK_THROWS_WITH_AS(RecordWriter{folder.path("file")},
                         ("sluice::io: making the file " + folder.path("file") + ": File exists").c_str(), StreamError);
    auto const path = folder.path("large");
    RecordWriter large{path};
    large.append(std::string(1000, 'x'));
    {
        FullDisk const full;
        CHECK_THROWS_WITH_AS(large.sync(), ("sluice::io: writing " + path + ": File too large").c_str(), StreamError);
    }
    auto const unusable = "sluice::checkpoint: " + path + " could not be written to before, and is not used any more";
    CHECK_THROWS_WITH_AS(large.append("y"), unusable.c_str(), StreamError);
    CHECK_THROWS_WITH_AS(large.sync(), unusable.c_str(), StreamError);
    RecordReader directory{folder.path()};
    CHECK_THROWS_WITH_AS(directory.next(), ("sluice::io: reading " + folder.path() + ": Is a directory").c_str(), StreamError);
}
