#pragma once

#include "../runner.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

// The events of Nexmark (P. Tucker et al., "NEXMark – A Benchmark for Queries over Data Streams", 2008): of 50 events one is a person, three
// are auctions, and the others bids on auctions, of which the last ones are the most wanted.

namespace nexmark {

struct Person {
    std::int64_t id;
    std::string_view state;
};
struct Auction {
    std::int64_t id;
    std::int64_t seller;
    std::int64_t category;
};
struct Bid {
    std::int64_t auction;
    std::int64_t bidder;
    std::int64_t price;  // US cents
};

struct Events {
    std::vector<Person> persons;
    std::vector<Auction> auctions;
    std::vector<Bid> bids;

    explicit Events(std::size_t events)
    {
        constexpr std::string_view states[] = {"AZ", "CA", "ID", "OR", "WA", "WY"};
        bench::Random random{1};
        auto const below = [&](std::size_t n) { return static_cast<std::int64_t>(random() % n); };
        for (std::size_t i = 0; i < events; ++i) {
            auto const n = i % 50;
            if (n == 0) {
                persons.push_back({1000 + static_cast<std::int64_t>(persons.size()), states[random() % 6]});
            } else if (n < 4) {
                auctions.push_back({1000 + static_cast<std::int64_t>(auctions.size()), 1000 + below(persons.size()), 10 + below(5)});
            } else {
                bool const hot = random() % 2 == 0;
                auto const recent = hot ? std::min<std::size_t>(100, auctions.size()) : auctions.size();
                bids.push_back({1000 + static_cast<std::int64_t>(auctions.size()) - 1 - below(recent), 1000 + below(persons.size()),
                                100 + below(100'000)});
            }
        }
    }
    [[nodiscard]] std::size_t size() const { return persons.size() + auctions.size() + bids.size(); }
};

inline std::int64_t euros(std::int64_t dollars) { return dollars * 908 / 1000; }
inline bool isNear(std::string_view state) { return state == "OR" || state == "ID" || state == "CA"; }

}  // namespace nexmark
