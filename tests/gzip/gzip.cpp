#include <sluice/gzip.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/testing/harness.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <new>
#include <random>
#include <string>
#include <vector>

#include <malloc.h>

using namespace sluice;
using namespace std::literals;
namespace fs = std::filesystem;

namespace {
std::atomic<std::size_t> bytesNow = 0;
std::atomic<std::size_t> bytesMost = 0;
}  // namespace

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define OWN_NEW  // which it brings
#endif
#endif
#ifndef OWN_NEW
[[gnu::noinline]] void* operator new(std::size_t bytes)
{
    void* const memory = std::malloc(bytes > 0 ? bytes : 1);
    if (memory == nullptr) throw std::bad_alloc{};
    auto const now = bytesNow += ::malloc_usable_size(memory);
    for (auto most = bytesMost.load(); most < now && !bytesMost.compare_exchange_weak(most, now);) {}
    return memory;
}
[[gnu::noinline]] void* operator new(std::size_t bytes, std::nothrow_t const&) noexcept
{
    try {
        return operator new(bytes);
    } catch (...) {
        return nullptr;
    }
}
[[gnu::noinline]] void operator delete(void* memory) noexcept
{
    bytesNow -= ::malloc_usable_size(memory);
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::nothrow_t const&) noexcept { operator delete(memory); }
#endif

namespace {

/// What gzip makes of it.
std::string gzip(std::string_view text, int level = 6)
{
    z_stream stream{};
    REQUIRE(::deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(::deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    REQUIRE(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(out.size() - stream.avail_out);
    ::deflateEnd(&stream);
    return out;
}

std::string someText(std::size_t bytes)
{
    std::minstd_rand random{7};
    std::string text;
    while (text.size() < bytes) text += std::to_string(random()) + (random() % 5 == 0 ? "\n" : " ");
    return text;
}

/// How much more memory there was at once while f ran; 0 where this program cannot count it.
template <class F>
std::size_t peak(F&& f)
{
    auto const before = bytesNow.load();
    bytesMost = before;
    f();
    return bytesMost - before;
}

/// A directory with these files, read as a stream of one batch.
template <class Format>
std::vector<std::string> read(std::vector<std::pair<std::string, std::string>> const& files, Format format)
{
    auto const dir = fs::temp_directory_path() / ("sluice-gzip-" + std::to_string(std::random_device{}()));
    fs::create_directories(dir);
    std::vector<std::string> records;
    std::string failure;
    {
        testing::Harness harness{{.onBatchFailure = proceed}};
        fileStream(harness.context(), dir.string(), {}, format) | foreachRDD([&](auto batch) { records = std::move(batch) | collect(); });
        for (auto const& [name, bytes] : files) {
            std::ofstream{dir / name, std::ios::binary} << bytes;
            fs::last_write_time(dir / name, fs::file_time_type::clock::from_sys(std::chrono::sys_time<Duration>{500ms}));
        }
        harness.start();
        harness.advance(1s);
        harness.context().stop();
        try {
            harness.context().awaitTermination();
        } catch (StreamError const& error) {
            failure = error.what();
        }
    }
    fs::remove_all(dir);
    if (!failure.empty()) throw StreamError{failure.substr(failure.find("partition"))};
    return records;
}

}  // namespace

TEST_CASE("what gzip has compressed comes back, of any size and level, member after member")
{
    CHECK(gunzip("").empty());
    CHECK(gunzip(gzip("")).empty());
    CHECK(gunzip(gzip("to be\n")) == "to be\n");
    for (std::size_t const bytes : {1U, 1000U, 256U * 1024U, 256U * 1024U + 1U, 3'000'000U}) {
        auto const text = someText(bytes);
        for (int const level : {0, 1, 9}) CHECK(gunzip(gzip(text, level)) == text);
    }
    CHECK(gunzip(gzip("to ") + gzip("") + gzip("be")) == "to be");
    for (std::size_t const padding : {1U, 3U, 512U, 300'000U})
        CHECK(gunzip(gzip("to ") + gzip("be") + std::string(padding, '\0')) == "to be");
    CHECK(gunzip(gzip(std::string(50'000'000, ' '))) == std::string(50'000'000, ' '));
}

TEST_CASE("what is broken says why, and no more is unpacked than may be")
{
    auto const packed = gzip(someText(10'000));
    CHECK_THROWS_WITH_AS(gunzip(packed.substr(0, packed.size() / 2)), "sluice::gunzip: it ends too early", StreamError);
    CHECK_THROWS_WITH_AS(gunzip("no gzip"), "sluice::gunzip: incorrect header check", StreamError);
    auto wrong = packed;
    wrong[wrong.size() - 6] = static_cast<char>(wrong[wrong.size() - 6] + 1);
    CHECK_THROWS_WITH_AS(gunzip(wrong), "sluice::gunzip: incorrect data check", StreamError);
    CHECK_THROWS_WITH_AS(gunzip(packed + "rest"), "sluice::gunzip: incorrect header check", StreamError);
    CHECK_THROWS_AS(gunzip(packed + std::string(10, '\0') + "rest"), StreamError);
    CHECK(gunzip(gzip("12345"), 5) == "12345");
    CHECK_THROWS_WITH_AS(gunzip(gzip("123456"), 5), "sluice::gunzip: there are more than 5 bytes in it, which is the limit", StreamError);
    CHECK_THROWS_AS(gunzip(gzip(std::string(100'000'000, ' ')), 1'000'000), StreamError);
}

TEST_CASE("no more memory is taken than the limit, whatever the members say of themselves, and little more than what is in them")
{
    auto const text = someText(3'000'000);
    auto lying = gzip(text);
    for (std::size_t i = 1; i <= 4; ++i) lying[lying.size() - i] = '\x02';  // 33 MB
    std::vector<std::string> packed{gzip(text)};
    for (std::size_t const first : {10U, 1'500'000U, 2'999'999U}) packed.push_back(gzip(text.substr(0, first)) + gzip(text.substr(first)));
    constexpr std::size_t little = 10'000;  // pages, and the texts of errors
    for (auto const& bytes : packed) {
        for (std::size_t const limit : {text.size(), text.size() + 1, 2 * text.size(), 3 * text.size(), std::size_t{1} << 30}) {
            CAPTURE(limit);
            std::string out;
            auto const most = peak([&] { out = gunzip(bytes, limit); });
            CHECK(out == text);
            CHECK(most <= limit + little);
            CHECK(most <= 4 * text.size());
        }
        CHECK(peak([&] { CHECK_THROWS_AS(gunzip(bytes, text.size() - 1), StreamError); }) <= text.size() + little);
    }
    CHECK(peak([&] { CHECK_THROWS_WITH_AS(gunzip(lying, 10 * text.size()), "sluice::gunzip: incorrect length check", StreamError); }) <=
          10 * text.size() + little);
}

TEST_CASE("compressed files are read as the others are: by what they begin with, not by their names")
{
    std::vector<std::pair<std::string, std::string>> const files{
        {"a.gz", gzip("to be\r\nor not")}, {"b.log", "to\nbe\n"}, {"c", gzip("that is\n")}, {"d.gz", "the question"}};
    CHECK(read(files, Gzip<>{}) == std::vector<std::string>{"to be", "or not", "to", "be", "that is", "the question"});
    CHECK(read({{"a.gz", gzip("abcdef")}}, Gzip{FixedLengthFormat{2}}) == std::vector<std::string>{"ab", "cd", "ef"});
    CHECK(read({{"a.gz", gzip("to be")}}, [](std::string_view bytes) { return std::vector{gunzip(bytes)}; }) ==
          std::vector<std::string>{"to be"});
}

TEST_CASE("a file that cannot be unpacked is named, and why")
{
    auto const message = [](auto const& format, std::string const& bytes) {
        try {
            read({{"a.gz", bytes}}, format);
        } catch (StreamError const& error) {
            return std::string{error.what()};
        }
        return std::string{};
    };
    CHECK(message(Gzip<>{}, gzip("to be").substr(0, 15)).ends_with("a.gz: sluice::gunzip: it ends too early"));
    CHECK(message(Gzip{TextFormat{}, 3}, gzip("to be"))
              .ends_with("a.gz: sluice::gunzip: there are more than 3 bytes in it, which is the limit"));
    CHECK(message(Gzip{FixedLengthFormat{2}}, gzip("abc")).ends_with("a.gz has 3 bytes, which are no records of 2"));
}

TEST_CASE("whoever includes it reads files whose names end in .gz, by each format of the library; other compressions are refused still")
{
    std::vector<std::pair<std::string, std::string>> const files{{"a.gz", gzip("to be\n")}, {"b.log", "or not\n"}};
    CHECK(read(files, TextFormat{}) == std::vector<std::string>{"to be", "or not"});
    CHECK(read(files, splitLines()) == std::vector<std::string>{"to be", "or not"});
    CHECK(read({{"a.gz", gzip("abcdef")}}, FixedLengthFormat{2}) == std::vector<std::string>{"ab", "cd", "ef"});
    CHECK_THROWS_WITH_AS(read({{"a.gz", "plain"}}, TextFormat{}), doctest::Contains("a.gz: sluice::gunzip: incorrect header check"),
                         StreamError);
    CHECK_THROWS_WITH_AS(read({{"a.zst", gzip("to be")}}, TextFormat{}),
                         doctest::Contains("a.zst is compressed by zstd, which is not read"), StreamError);
    CHECK_THROWS_WITH_AS(read({{"a.gz", gzip("\xff\xfeh")}}, TextFormat{}), doctest::Contains("UTF-16"), StreamError);
    CHECK(read({{"a.gz", gzip("\xef\xbb\xbfto be")}}, Gzip<>{}) == std::vector<std::string>{"to be"});
}
