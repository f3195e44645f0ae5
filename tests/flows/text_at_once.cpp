#include <sluice/operators.hpp>
#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/sources/dead_letters.hpp>
#include <sluice/sources/text_file_stream.hpp>
#include <sluice/testing/harness.hpp>

#include "../io/temporary.hpp"

#include <atomic>
#include <random>
#include <string>
#include <string_view>
#include <vector>

// Lines that nobody looks at are not cut: what finds words, or lines with a text, faster in a text than line by line is given the text.
// It is seen by which kernels are called, and how often, and must change nothing else.

using namespace sluice;
using namespace std::chrono_literals;
using namespace std::literals;

namespace {

using Texts = std::vector<std::string>;

/// How often kernels were called.
struct Calls {
    int lines = 0;
    int words = 0;
    int linesWith = 0;
    int find = 0;
    bool operator==(Calls const&) const = default;
};

std::atomic<int> lines;
std::atomic<int> words;
std::atomic<int> linesWith;
std::atomic<int> finds;

template <class Kernel>
typename Kernel::Cut* real()
{
    return Kernel::inSets[detail::textSetsHere() - 1];
}

/// The kernels in use, which count while this is there.
class Counting {
public:
    Counting()
    {
        detail::usedKernel<detail::CutWords> = [](char const* from, char const* end, char const** bounds) {
            ++words;
            return real<detail::CutWords>()(from, end, bounds);
        };
        detail::usedKernel<detail::CutLines> = [](char const* from, char const* end, char const** bounds) {
            ++lines;
            return real<detail::CutLines>()(from, end, bounds);
        };
        detail::usedKernel<detail::CutLinesWith> = [](char const* from, char const* end, char const* bytes, detail::Needle const& needle,
                                                      char const** bounds) {
            ++(bounds != nullptr ? linesWith : finds);
            return real<detail::CutLinesWith>()(from, end, bytes, needle, bounds);
        };
    }
    Counting(Counting const&) = delete;
    Counting& operator=(Counting const&) = delete;
    ~Counting()
    {
        detail::usedKernel<detail::CutWords> = nullptr;
        detail::usedKernel<detail::CutLines> = nullptr;
        detail::usedKernel<detail::CutLinesWith> = nullptr;
    }

    /// Since the last time.
    static Calls calls() { return {lines.exchange(0), words.exchange(0), linesWith.exchange(0), finds.exchange(0)}; }
};

constexpr auto text = "INFO to be\r\nERROR or\n\nnot ERROR\nto be"sv;
constexpr Calls wordsAtOnce{.words = 1};
constexpr Calls searchedAtOnce{.linesWith = 1};
constexpr Calls lineByLine{.lines = 1, .find = 5};

auto const blocks = std::vector{text};
auto const cut = flatMap(splitLines());
auto const size = map([](std::string_view s) { return s.size(); });
auto const same = map([](std::string_view s) { return s; });

}  // namespace

TEST_CASE("behind lines of a batch of texts")
{
    Counting const counting;
    auto const batch = rdd(blocks);

    CHECK((batch | cut | flatMap(split()) | collect()) == Texts{"INFO", "to", "be", "ERROR", "or", "not", "ERROR", "to", "be"});
    CHECK(Counting::calls() == wordsAtOnce);
    CHECK((batch | cut | flatMap(split()) | size | sum()) == 27);
    CHECK(Counting::calls() == wordsAtOnce);

    CHECK((batch | cut | filter(contains("ERROR")) | collect()) == Texts{"ERROR or", "not ERROR"});
    CHECK(Counting::calls() == searchedAtOnce);
    CHECK((batch | cut | filter(contains("ERROR")) | count()) == 2);
    CHECK(Counting::calls() == searchedAtOnce);
    CHECK((batch | cut | filter(contains("ERROR")) | size | sum()) == 17);
    CHECK(Counting::calls() == searchedAtOnce);
    CHECK((batch | cut | filter(contains("ERROR")) | flatMap(split()) | count()) == 4);
    CHECK(Counting::calls() == Calls{.words = 2, .linesWith = 1});

    CHECK((batch | cut | count()) == 5);
    CHECK(Counting::calls() == Calls{});
}

TEST_CASE("of a batch of any expression, and in detached pipelines")
{
    Counting const counting;
    RDD<std::string_view> const any = rdd(blocks);
    auto const errors = cut | filter(contains("ERROR")) | size;
    auto const inWords = cut | flatMap(split());

    CHECK((any | errors | collect()) == std::vector<std::size_t>{8, 9});
    CHECK(Counting::calls() == searchedAtOnce);
    CHECK((rdd(blocks) | inWords | count()) == 9);
    CHECK(Counting::calls() == wordsAtOnce);
    CHECK((rdd(blocks) | inWords | countByValue() | count()) == 6);
    CHECK(Counting::calls() == wordsAtOnce);
}

TEST_CASE("in a stream of lines, whose type is known")
{
    Temporary const dir;
    testing::Harness harness;
    std::vector<Calls> calls;
    std::int64_t seen = 0;
    auto const told = [&] {
        return foreachRDD([&](auto batch) {
            seen += batch | count();
            calls.push_back(Counting::calls());
        });
    };
    auto const stream = textFileStream(harness.context(), dir.path());
    stream | flatMap(split()) | told();
    stream | filter(contains("ERROR")) | told();
    stream | filter(contains("ERROR"s)) | map([](std::string_view s) { return s.size(); }) | told();
    stream | told();
    stream | map([](std::string_view s) { return s; }) | flatMap(split()) | told();
    DStream<std::string_view> const any = stream;
    any | flatMap(split()) | told();
    Counting const counting;
    harness.start();
    dir.write("f", text, 500'000);
    harness.advance(1s);
    CHECK(seen == 9 + 2 + 2 + 5 + 9 + 9);
    Calls const eachLine{.lines = 1, .words = 5};
    CHECK(calls == std::vector<Calls>{wordsAtOnce, searchedAtOnce, searchedAtOnce, {}, eachLine, eachLine});
    harness.context().stop();
}

TEST_CASE("not where somebody looks at the lines, or would be told of one")
{
    Counting const counting;
    auto const batch = rdd(blocks);

    CHECK((batch | cut | same | flatMap(split()) | count()) == 9);
    CHECK(Counting::calls() == Calls{.lines = 1, .words = 5});
    CHECK((batch | cut | same | filter(contains("ERROR")) | count()) == 2);
    CHECK(Counting::calls() == lineByLine);
    CHECK((batch | cut | filter([has = contains("ERROR")](std::string_view line) { return has(line); }) | count()) == 2);
    CHECK(Counting::calls() == lineByLine);
    CHECK((batch | cut | flatMap([](std::string_view line) { return split()(line); }) | count()) == 9);
    CHECK(Counting::calls() == Calls{.lines = 1, .words = 5});
    CHECK((batch | flatMap(splitLines(LoneCr::endsLine)) | filter(contains("ERROR")) | count()) == 2);
    CHECK(Counting::calls() == Calls{.find = 5});

    IntervalClock clock{1s};
    auto [letters, failed] = deadLetters<std::string>(clock);
    CHECK((batch | cut | filter(contains("ERROR"), letters) | count()) == 2);
    CHECK(Counting::calls() == lineByLine);
}

TEST_CASE("it gives what the lines one by one give, of any text, in any blocks and from any line on")
{
    std::mt19937 random{1};
    for (int round = 0; round < 300; ++round) {
        std::string all(random() % 500, ' ');
        for (char& c : all) c = "ab \t\r\n\x85"[random() % (round % 2 == 0 ? 7 : 2)];
        std::vector<std::string_view> parts;
        for (std::string_view rest = all; !rest.empty();) {
            auto const n = std::min<std::size_t>(rest.size(), 1 + random() % 200);
            parts.push_back(rest.substr(0, n));
            rest.remove_prefix(n);
        }
        auto const batch = rdd(parts, 2) | cut;
        CAPTURE(all);
        auto const check = [&](auto const& op, auto const& plain) {
            REQUIRE((batch | op | collect()) == (batch | plain | collect()));
            REQUIRE((batch | op | take(3)) == (batch | plain | take(3)));
            REQUIRE((batch | op | first()) == (batch | plain | first()));
            REQUIRE((batch | op | count()) == (batch | plain | count()));
        };
        REQUIRE((batch | count()) == (batch | same | count()));
        if ((batch | same | flatMap(split()) | count()) > 0) check(flatMap(split()), same | flatMap(split()));
        for (auto const* const what : {"a", "ab", "ba b"}) {
            if ((batch | same | filter(contains(what)) | count()) > 0) check(filter(contains(what)), same | filter(contains(what)));
        }
    }
}
