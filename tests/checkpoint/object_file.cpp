#include <sluice/checkpoint/object_file.hpp>
#include <sluice/checkpoint/save_as_object_files.hpp>
#include <sluice/sluice.hpp>
#include <sluice/testing.hpp>

#include "../io/temporary.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::literals;

namespace {

template <class T>
void write(std::string const& path, std::vector<T> const& all)
{
    detail::ObjectWriter file{path, schemaOf<T>()};
    for (auto const& one : all) file.write(one);
    file.sync();
}
std::string bytesOf(std::string const& path)
{
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}
template <class F>
std::string textOf(F&& f)
{
    try {
        f();
    } catch (StreamError const& error) {
        return error.what();
    }
    return "";
}
template <class T>
std::string refused(std::string const& path)
{
    return textOf([&] { static_cast<void>(objectFile<T>(path) | collect()); });
}
bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("values of many records are read one behind another, from any one on")
{
    Temporary const folder;
    std::vector<std::string> texts;
    for (int i = 0; i < 20'000; ++i) texts.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(i % 50), 'x'));
    write(folder.path("file"), texts);
    auto const batch = objectFile<std::string>(folder.path("file"));
    CHECK((batch | collect()) == texts);
    CHECK((batch | take(3)) == std::vector(texts.begin(), texts.begin() + 3));
    CHECK((batch | map([](std::string const& text) { return text.size(); }) | reduce(std::plus{})) ==
          std::accumulate(texts.begin(), texts.end(), std::size_t{0},
                          [](std::size_t all, std::string const& text) { return all + text.size(); }));
    for (std::size_t const from : {std::size_t{1}, std::size_t{9'999}, std::size_t{19'999}, std::size_t{20'000}}) {
        std::vector<std::string> got;
        auto const end = detail::eachObject<std::string>(detail::RecordReader{folder.path("file")}, from, [&](std::string&& value) {
            got.push_back(std::move(value));
            return got.size() < 5;
        });
        auto const wanted = std::min(texts.size(), from + 5);
        CHECK(got == std::vector(texts.begin() + static_cast<std::ptrdiff_t>(from), texts.begin() + static_cast<std::ptrdiff_t>(wanted)));
        CHECK(end == wanted);
    }
}

TEST_CASE("other types are read as a Decoder does, or refused with both and the file")
{
    Temporary const folder;
    write<std::int32_t>(folder.path("file"), {1, -2, 300});
    CHECK((objectFile<std::int64_t>(folder.path("file")) | collect()) == std::vector<std::int64_t>{1, -2, 300});
    auto const other = refused<std::string>(folder.path("file"));
    CHECK(other.starts_with("sluice::objectFile: " + folder.path("file") + ": sluice::"));
    CHECK(has(other, "int32"));
    CHECK(has(other, "text"));
    CHECK(has(refused<std::int8_t>(folder.path("file")), folder.path("file") + ": sluice::"));
}

TEST_CASE("what an operator throws is its own, and not the file's")
{
    Temporary const folder;
    write<int>(folder.path("file"), {1});
    auto const decodes = [](int) { return decode<int>("x"); };
    auto const text = textOf([&] { static_cast<void>(objectFile<int>(folder.path("file")) | map(decodes) | collect()); });
    CHECK(text.starts_with("sluice::map ("));
    CHECK(!has(text, "objectFile"));
}

TEST_CASE("a value that is too long is refused with the limit")
{
    Temporary const folder;
    detail::ObjectWriter file{folder.path("file"), schemaOf<std::string>(), Compression::none, 100};
    file.write(std::string(99, 'x'));  // and a byte for its size
    CHECK_THROWS_WITH_AS(file.write(std::string(100, 'x')),
                         ("a record of 101 bytes for " + folder.path("file") + ": in an object file one has at most 100").c_str(),
                         StreamError);
}

TEST_CASE("a file that is cut anywhere, or has another bit, is refused by its name, and never read as another one")
{
    Temporary const folder;
    write<std::string>(folder.path("file"), {"to", "be", "or", "not"});
    auto const bytes = bytesOf(folder.path("file"));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        folder.write("cut", bytes.substr(0, size), 0);
        CHECK(has(refused<std::string>(folder.path("cut")), folder.path("cut")));
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        auto other = bytes;
        other[i] = static_cast<char>(other[i] ^ 4);
        folder.write("other", other, 0);
        CHECK(has(refused<std::string>(folder.path("other")), folder.path("other")));
    }
    CHECK(has(refused<int>(folder.write("empty", "", 0)), "it is empty, and so no object file"));
    CHECK(has(refused<int>(folder.write("text", "to be or not to be\n", 0)), "is damaged at byte 0: what stands there is no record"));
    {
        detail::RecordWriter file{folder.path("records")};
        file.append("\x01\x05other");
        file.sync();
    }
    CHECK(has(refused<int>(folder.path("records")), "it has no objects"));
}

TEST_CASE("directories, files and patterns; what is not there, or not whole, is refused at the call")
{
    Temporary const folder;
    for (std::string const name : {"a", "b"}) {
        folder.makeDirectory(name);
        write<std::string>(folder.path(name + "/part-00000"), {name + "0"});
        write<std::string>(folder.path(name + "/part-00001"), {name + "1"});
    }
    auto const read = [&](std::string const& path) { return objectFile<std::string>(path) | collect(); };
    auto const whole = folder.path("a") + " is not whole: it has no file _SUCCESS";
    CHECK(has(textOf([&] { static_cast<void>(objectFile<int>(folder.path("a"))); }), whole));
    CHECK(has(textOf([&] { static_cast<void>(objectFile<int>(folder.path("*"))); }), whole));
    folder.write("a/_SUCCESS", "", 0);
    folder.write("b/_SUCCESS", "", 0);
    CHECK(read(folder.path("a/")) == std::vector{"a0"s, "a1"s});
    CHECK(read("file:" + folder.path("{b,a}")) == std::vector{"a0"s, "a1"s, "b0"s, "b1"s});
    CHECK(read(folder.path("*/part-00001")) == std::vector{"a1"s, "b1"s});
    CHECK(has(textOf([&] { static_cast<void>(objectFile<int>(folder.path("c"))); }), "there is no " + folder.path("c")));
    CHECK(has(textOf([&] { static_cast<void>(objectFile<int>(folder.path("c*"))); }), "nothing matches " + folder.path("c*")));
    CHECK_THROWS_AS(static_cast<void>(objectFile<int>("hdfs://host/a")), Unsupported);
}

TEST_CASE("a file stream reads the directories of batches as they appear")
{
    Temporary const folder;
    testing::Harness harness;
    std::vector<std::vector<std::int64_t>> got;
    fileStream<ObjectFormat<std::int64_t>>(harness.context(), folder.path("out-*"), {.newFilesOnly = false}) |
        foreachRDD([&](auto batch) { got.push_back(batch | collect()); });
    testing::literalStream<std::int32_t>(harness.context(), {{1, 2, 3}, {}, {4}}) | saveAsObjectFiles(folder.path("out"));
    harness.start();
    for (int batch = 0; batch < 3; ++batch) {
        harness.advance(1s);
        auto const name = "out-" + std::to_string(batch + 1) + "000/";
        // The harness's clock begins at zero, and files are of now.
        for (std::string const file : {"_SUCCESS", "part-00000", "part-00001"}) folder.touch(name + file, 1'000'000 * (batch + 1));
    }
    harness.context().stop();
    harness.context().awaitTermination();
    CHECK(got == std::vector<std::vector<std::int64_t>>{{}, {1, 2, 3}, {}});
}

TEST_CASE("a compressed file is refused by the header that this program lacks, and one of an unknown compression by its own sentence")
{
    Temporary const folder;
    auto const write = [&](std::string const& name, std::string const& header) {
        detail::RecordWriter file{folder.path(name)};
        file.append(header);
        file.write();
        return folder.path(name);
    };
    auto const header = detail::objectHeader(schemaOf<int>(), Compression::zstd);
    auto const packed = write("packed", header);
    CHECK_THROWS_WITH_AS(
        static_cast<void>(objectFile<int>(packed) | count()),
        doctest::Contains((packed + ": it is compressed by zstd: that needs a program that includes <sluice/zstd.hpp>").c_str()),
        Unsupported);
    auto const unknown = write("unknown", header.substr(0, header.size() - 1) + "\7");
    CHECK_THROWS_WITH_AS(static_cast<void>(objectFile<int>(unknown) | count()),
                         doctest::Contains((unknown + ": it is compressed in a way that this version does not know").c_str()), StreamError);
}
