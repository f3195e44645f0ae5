#pragma once

#include <sluice/operators/count_by_key.hpp>
#include <sluice/operators/distinct.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/join.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/max.hpp>
#include <sluice/operators/reduce_by_key.hpp>

#include "events.hpp"

#include <algorithm>
#include <utility>

// The queries as a user writes them, on batches and on streams. A batch is the window, where a query has one: of several batches it is
// window(). Query 6 takes the last ten of each seller, in the order of auctions' ends, which is no fold of batches; it is left out.

namespace nexmark {

using Number = std::int64_t;
using Two = std::pair<Number, Number>;

inline constexpr auto named = [](Number n, Number name) { return Two{name, n}; };
/// The largest number of all, with its name: a stream of it, or a batch of what is a value then.
inline auto largest(auto const& numbers)
{
    auto const found = numbers | sluice::max();
    if constexpr (std::is_same_v<decltype(found), Two const>) return sluice::rdd({named(found.first, found.second)});
    else return found | sluice::map(nexmark::named);
}

inline auto priced = [](Bid const& bid) { return Two{bid.auction, bid.price}; };

inline auto q0(auto const&, auto const&, auto const& bids) { return bids | sluice::map(priced); }
inline auto q1(auto const&, auto const&, auto const& bids)
{
    return bids | sluice::map([](Bid const& bid) { return Two{bid.auction, euros(bid.price)}; });
}
inline auto q2(auto const&, auto const&, auto const& bids)
{
    using namespace sluice;
    return bids | filter([](Bid const& bid) { return bid.auction % 123 == 0; }) | map(priced);
}
inline auto q3(auto const& persons, auto const& auctions, auto const&)
{
    using namespace sluice;
    auto const sellers = persons | filter([](Person const& person) { return isNear(person.state); }) |
                         map([](Person const& person) { return Two{person.id, 1}; });
    return auctions | filter([](Auction const& auction) { return auction.category == 10; }) |
           map([](Auction const& auction) { return Two{auction.seller, auction.id}; }) | join(sellers) |
           mapValues([](Number auction, Number) { return auction; });
}
inline auto q4(auto const&, auto const& auctions, auto const& bids)
{
    using namespace sluice;
    auto const categories = auctions | map([](Auction const& auction) { return Two{auction.id, auction.category}; });
    return bids | map(priced) | reduceByKey([](Number a, Number b) { return std::max(a, b); }) | join(categories) |
           map([](Number, Two found) { return std::pair{found.second, Two{found.first, 1}}; }) |
           reduceByKey([](Two a, Two b) { return Two{a.first + b.first, a.second + b.second}; }) |
           mapValues([](Number sum, Number n) { return sum / n; });
}
inline auto q5(auto const&, auto const&, auto const& bids)
{
    using namespace sluice;
    return largest(bids | map(priced) | countByKey() | map([](Number auction, Number n) { return Two{n, auction}; }));
}
inline auto q7(auto const&, auto const&, auto const& bids)
{
    return largest(bids | sluice::map([](Bid const& bid) { return Two{bid.price, bid.bidder}; }));
}
inline auto q8(auto const& persons, auto const& auctions, auto const&)
{
    using namespace sluice;
    auto const sellers =
        auctions | map([](Auction const& auction) { return auction.seller; }) | distinct() | map([](Number id) { return Two{id, 1}; });
    return persons | map([](Person const& person) { return Two{person.id, 0}; }) | join(sellers) |
           mapValues([](Number, Number one) { return one; });
}

}  // namespace nexmark
