#include <sluice/operators/foreach.hpp>

#include "../program.hpp"
#include "../suite.hpp"
#include "afternoon.hpp"
#include "handwritten.hpp"
#include "sluice.hpp"

#include <memory>
#include <type_traits>

// Lines of 100 bytes that contain a text: how many there are, and, with each of them looked at, how many bytes they have.

namespace {

using namespace grep;
using bench::Kind;
using Number = std::int64_t;

class Streamed {
public:
    template <class Build>
    Streamed(std::string const& master, Build&& build)
        : program_(master, [&](sluice::StreamingContext& context) {
              build(context) | sluice::foreachRDD([this](auto batch) { batch | sluice::foreach ([this](Number n) { found_ = n; }); });
          })
    {
    }
    Number operator()()
    {
        program_.batch();
        return found_;
    }

private:
    Number found_ = 0;
    bench::Program program_;
};

template <class F>
void add(std::vector<bench::Contestant>& contestants, Kind kind, char const* name, char const* where, F f, int rounds = 0)
{
    contestants.push_back({kind, name, where, [f] { bench::keep(f()); }, [f] { return static_cast<std::uint64_t>(f()); }, rounds});
}

/// `one` is the pipeline, on a batch or a stream; the others are functions of a text.
template <class Pipeline, class Whole, class Hand, class Plain>
void compare(bench::Suite& suite, std::string const& test, Lines const& lines, double limit, Whole whole, Hand byHand, Plain plainly,
             Pipeline one)
{
    std::vector<bench::Contestant> contestants;
    if constexpr (std::is_invocable_v<Whole, std::string_view>) {
        add(contestants, Kind::hand, "whole text at once", "batch", [&] { return whole(lines.view()); });
    }
    add(contestants, Kind::hand, "memchr, then 64 bytes at once", "batch", [&] { return byHand(lines.view()); });
    auto const two = std::make_shared<TwoThreads>();
    add(contestants, Kind::hand, "each a half", "two threads", [&, two] {
        if constexpr (std::is_invocable_v<Whole, std::string_view>) return (*two)(lines.view(), whole);
        else return (*two)(lines.view(), byHand);
    });
    add(contestants, Kind::afternoon, "find in each line", "batch", [&] { return plainly(lines.view()); }, 5);
    add(contestants, Kind::sluice, "sluice", "batch", [&] { return static_cast<Number>(one(sluice::rdd(lines.pieces))); });
    for (auto const& column : bench::columns) {
        auto const streamed = std::make_shared<Streamed>(column.master, [&](sluice::StreamingContext& context) {
            return one(sluice::constantStream(context, sluice::rdd(lines.pieces, column.partitions)));
        });
        add(contestants, Kind::sluice, "sluice", column.name, [streamed] { return (*streamed)(); });
    }
    suite.compare({"grep", test, "line", static_cast<double>(lines.count), {{"batch", limit}, {"inline", limit}, {"two workers", limit}}},
                  contestants);
}

}  // namespace

int main(int argc, char** argv)
{
    bench::Suite suite{argc, argv};
    for (unsigned const percent : {1U, 50U}) {
        Lines const lines{suite.isShort() ? 200'000U : 1'000'000U, percent * 10};
        auto const test = std::to_string(percent) + " % match";
        compare(
            suite, test + ", counted", lines, 1.15, [](std::string_view text) { return countInWhole(text, needle); },
            [](std::string_view text) {
                Number n = 0;
                eachMatch(text, needle, [&](std::string_view) { ++n; });
                return n;
            },
            [](std::string_view text) {
                Number n = 0;
                eachFound(text, needle, [&](std::string_view) { ++n; });
                return n;
            },
            [](auto const& texts) { return counted(texts); });
        compare(
            suite, test + ", each looked at", lines, 1.10, nullptr,
            [](std::string_view text) {
                Number bytes = 0;
                eachMatch(text, needle, [&](std::string_view line) { bytes += static_cast<Number>(line.size()); });
                return bytes;
            },
            [](std::string_view text) {
                Number bytes = 0;
                eachFound(text, needle, [&](std::string_view line) { bytes += static_cast<Number>(line.size()); });
                return bytes;
            },
            [](auto const& texts) { return measured(texts); });
    }
    return suite.exitCode();
}
