#include "../streamed.hpp"
#include "../two_threads.hpp"
#include "handwritten.hpp"
#include "sluice.hpp"

// Views of advertisements are counted for each campaign and ten seconds, from JSON in memory.

namespace {

using bench::Kind;

/// What somebody writes in an afternoon: the same parser, and maps of the standard library.
auto countPlainly(yahoo::Events const& events)
{
    std::unordered_map<std::int64_t, std::int64_t> counts;
    auto const text = events.view();
    for (std::size_t at = 0; at < text.size();) {
        auto const end = text.find('\n', at);
        auto const event = yahoo::parse(text.substr(at, end - at));
        if (event.type == "view") ++counts[yahoo::keyOf(events.campaigns.at(event.ad), event.time)];
        at = end + 1;
    }
    return counts;
}

}  // namespace

int main(int argc, char** argv)
{
    bench::Suite suite{argc, argv};
    yahoo::Events const events{suite.isShort() ? 200'000U : 1'000'000U};

    yahoo::Campaigns const campaigns{events};

    std::vector<bench::Contestant> contestants;
    auto const counter = std::make_shared<yahoo::Counter>(campaigns);
    bench::addOther(contestants, Kind::hand, "line by line, flat tables", "batch", [&, counter](auto f) {
        counter->count(events.view());
        counter->counts().each(f);
    });
    auto const second = std::make_shared<yahoo::Counter>(campaigns);
    auto const threads = std::make_shared<bench::SecondThread>();
    bench::addOther(contestants, Kind::hand, "each a half", "two threads", [&, counter, second, threads](auto f) {
        auto half = events.view().size() / 2;
        while (events.view()[half - 1] != '\n') ++half;
        threads->both([&](int i) {
            if (i == 0) counter->count(events.view().substr(0, half));
            else second->count(events.view().substr(half));
        });
        auto all = reduce_by_key::Table<reduce_by_key::IntegerKey>{};
        for (auto const& one : {counter, second}) {
            one->counts().eachRow([&](auto const& row) { all.add(row, reduce_by_key::IntegerKey::hash(row)); });
        }
        all.each(f);
    });
    bench::addOther(
        contestants, Kind::afternoon, "std::unordered_map", "batch",
        [&](auto f) {
            for (auto const& [key, n] : countPlainly(events)) f(key, n);
        },
        5);
    bench::addBatch(contestants, [&] { return yahoo::counts(sluice::rdd(events.pieces), campaigns); });
    bench::addStreamed(contestants, [&](sluice::StreamingContext& context, std::size_t partitions) {
        return yahoo::counts(sluice::constantStream(context, sluice::rdd(events.pieces, partitions)), campaigns);
    });
    // What is wanted of it is 10 million events a second on two cores: 100 ns for each.
    suite.compare({"Yahoo",
                   "views by campaign and 10 s",
                   "event",
                   static_cast<double>(events.count),
                   {{"batch", 1.15}, {"inline", 1.25}, {"two workers", 1 / 0.95}}},
                  contestants);
    return suite.exitCode();
}
