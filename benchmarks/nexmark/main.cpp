#include "../streamed.hpp"
#include "handwritten.hpp"
#include "sluice.hpp"

// Nexmark's queries 0 to 5, 7 and 8 over one batch of a million events, in the short form of 200,000, from memory.

/// One query: the macro stands for its name, which is a function template on each side.
#define QUERY(name, said)                                                                                                                \
    {                                                                                                                                    \
        std::vector<bench::Contestant> contestants;                                                                                      \
        auto const hand = std::make_shared<nexmark::ByHand>();                                                                           \
        bench::addOther(contestants, bench::Kind::hand, "flat tables, one loop", "batch", [&, hand](auto f) { hand->name(events, f); }); \
        bench::addBatch(contestants, [&] {                                                                                               \
            return nexmark::name(sluice::rdd(events.persons), sluice::rdd(events.auctions), sluice::rdd(events.bids));                   \
        });                                                                                                                              \
        bench::addStreamed(contestants, [&](sluice::StreamingContext& context, std::size_t partitions) {                                 \
            return nexmark::name(constantStream(context, sluice::rdd(events.persons, partitions)),                                       \
                                 constantStream(context, sluice::rdd(events.auctions, partitions)),                                      \
                                 constantStream(context, sluice::rdd(events.bids, partitions)));                                         \
        });                                                                                                                              \
        suite.compare({"Nexmark", said, "event", static_cast<double>(events.size()), {}}, contestants);                                  \
    }

int main(int argc, char** argv)
{
    bench::Suite suite{argc, argv};
    nexmark::Events const events{suite.isShort() ? 200'000U : 1'000'000U};
    using sluice::constantStream;
    QUERY(q0, "q0: bids as they are")
    QUERY(q1, "q1: prices in another currency")
    QUERY(q2, "q2: bids on some auctions")
    QUERY(q3, "q3: sellers of a category in some states")
    QUERY(q4, "q4: mean of the best bids of a category")
    QUERY(q5, "q5: the auction with the most bids")
    QUERY(q7, "q7: the highest bid")
    QUERY(q8, "q8: new persons who sell")
    return suite.exitCode();
}
