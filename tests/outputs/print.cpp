#include <sluice/operators/map.hpp>
#include <sluice/outputs/print.hpp>
#include <sluice/testing/run_batches.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <memory>
#include <numeric>

using namespace sluice;
using namespace std::literals;

namespace {

constexpr auto rule = "-------------------------------------------\n";

std::string header(int seconds) { return rule + ("Time: " + std::to_string(seconds * 1000) + " ms\n") + rule; }

/// What an output writes into its file when literal batches run through it.
template <class T, class Attach>
std::string written(testing::Batches<T> batches, Attach&& attach)
{
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> const file{std::tmpfile(), &std::fclose};
    REQUIRE(file != nullptr);
    ManualClock const clock;
    StreamingContext context{{.master = "inline", .clock = clock, .exclusive = false}, 1s};
    auto const size = batches.size();
    attach(testing::literalStream<T>(context, std::move(batches)), file.get());
    context.start();
    clock.advance(1s * static_cast<int>(size));
    context.stop();
    context.awaitTermination();
    std::string text(static_cast<std::size_t>(std::ftell(file.get())), '\0');
    std::rewind(file.get());
    REQUIRE(std::fread(text.data(), 1, text.size(), file.get()) == text.size());
    return text;
}

std::vector<int> upTo(int n)
{
    std::vector<int> numbers(static_cast<std::size_t>(n));
    std::iota(numbers.begin(), numbers.end(), 1);
    return numbers;
}

constexpr auto printTen = [](auto stream, std::FILE* file) { stream | print(10, file); };

}  // namespace

TEST_CASE("a batch is a block: the time between two rules of 43 hyphens, its records, an empty line")
{
    CHECK(written<std::string>({{"to", "be"}, {"or"}}, printTen) == header(1) + "to\nbe\n\n" + header(2) + "or\n\n");
    CHECK(std::string_view{rule}.size() == 44);
}

TEST_CASE("an empty batch is printed, no RDD is not")
{
    CHECK(written<int>({{}, std::nullopt, {}}, printTen) == header(1) + "\n" + header(3) + "\n");
}

TEST_CASE("ten records are printed, and an ellipsis where there are more")
{
    std::string ten;
    for (int x : upTo(10)) ten += std::to_string(x) + '\n';
    CHECK(written<int>({upTo(10)}, printTen) == header(1) + ten + "\n");
    CHECK(written<int>({upTo(11)}, printTen) == header(1) + ten + "...\n\n");
    CHECK(written<int>({upTo(1000)}, printTen) == header(1) + ten + "...\n\n");
}

TEST_CASE("as many records are printed as one asks for")
{
    auto const two = [](auto stream, std::FILE* file) { stream | print(2, file); };
    CHECK(written<int>({{1, 2}, {1, 2, 3}}, two) == header(1) + "1\n2\n\n" + header(2) + "1\n2\n...\n\n");
    auto const none = [](auto stream, std::FILE* file) { stream | print(0, file); };
    CHECK(written<int>({{}, {1}}, none) == header(1) + "\n" + header(2) + "...\n\n");
}

TEST_CASE("records are printed in their text form")
{
    auto const pairs = [](auto stream, std::FILE* file) {
        stream | map([](int x) { return std::tuple{std::string_view{"key"}, x / 2.0, std::optional{x}}; }) | print(10, file);
    };
    CHECK(written<int>({{1, 4}}, pairs) == header(1) + "(key,0.5,Some(1))\n(key,2.0,Some(4))\n\n");
}

TEST_CASE("only the records that are printed are computed")
{
    int computed = 0;
    auto const counting = [&](auto stream, std::FILE* file) {
        stream | map([&computed](int x) {
            ++computed;
            return x;
        }) | print(3, file);
    };
    static_cast<void>(written<int>({upTo(1000)}, counting));
    CHECK(computed == 4);
}

TEST_CASE("a file that cannot be written to fails the job")
{
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> const full{std::fopen("/dev/full", "w"), &std::fclose};
    REQUIRE(full != nullptr);
    ManualClock const clock;
    StreamingContext context{{.master = "inline", .clock = clock, .exclusive = false}, 1s};
    testing::literalStream<int>(context, {{1}}) | print(10, full.get());
    context.start();
    clock.advance(1s);
    try {
        context.awaitTermination();
        FAIL("nothing was thrown");
    } catch (StreamError const& error) {
        std::string const text = error.what();
        CHECK(text.find("print") != std::string::npos);
        CHECK(text.find("cannot be written to") != std::string::npos);
        CHECK(text.find("batch 1000 ms") != std::string::npos);
    }
}

TEST_CASE("a plain struct is printed with its members, also if these are views that live no longer than the loop")
{
    struct Hit {
        std::string_view url;
        int status;
    };
    auto const hits = [](auto stream, std::FILE* file) {
        stream | map([](std::string const& url) { return url + "/index"; }) | map([](std::string const& url) { return Hit{url, 200}; }) |
            print(10, file);
    };
    CHECK(written<std::string>({{"", "/a"}}, hits) == header(1) + "Hit(/index,200)\nHit(/a/index,200)\n\n");
}
