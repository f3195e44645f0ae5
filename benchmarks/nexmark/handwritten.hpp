#pragma once

#include "events.hpp"

#include <algorithm>
#include <bit>

// The queries by hand, over flat tables that stay from batch to batch. f(key, number) takes what a query finds.

namespace nexmark {

/// From an identifier to a number. 0: it is not there.
class Map {
public:
    void clear() { std::fill(entries_.begin(), entries_.end(), Entry{}), used_ = 0; }
    std::int64_t& operator[](std::int64_t key)
    {
        auto& entry = find(key);
        if (entry.key != 0) return entry.value;
        entry.key = key;
        if (++used_ * 2 < entries_.size()) return entry.value;
        auto const old = std::exchange(entries_, std::vector<Entry>(entries_.size() * 2));
        for (auto const& one : old) {
            if (one.key != 0) find(one.key) = one;
        }
        return find(key).value;
    }
    [[nodiscard]] std::int64_t at(std::int64_t key) const { return const_cast<Map*>(this)->find(key).value; }
    template <class F>
    void each(F&& f) const
    {
        for (auto const& [key, value] : entries_) {
            if (key != 0) f(key, value);
        }
    }

private:
    struct Entry {
        std::int64_t key = 0;
        std::int64_t value = 0;
    };
    Entry& find(std::int64_t key)
    {
        auto const mask = entries_.size() - 1;
        auto i = static_cast<std::size_t>(static_cast<std::uint64_t>(key) * 0x9e3779b97f4a7c15ULL >> 32) & mask;
        while (entries_[i].key != key && entries_[i].key != 0) i = (i + 1) & mask;
        return entries_[i];
    }

    std::vector<Entry> entries_ = std::vector<Entry>(1 << 10);
    std::size_t used_ = 0;
};

struct ByHand {
    Map first;
    Map second;

    template <class F>
    void q0(Events const& events, F f)
    {
        for (auto const& bid : events.bids) f(bid.auction, bid.price);
    }
    template <class F>
    void q1(Events const& events, F f)
    {
        for (auto const& bid : events.bids) f(bid.auction, euros(bid.price));
    }
    template <class F>
    void q2(Events const& events, F f)
    {
        for (auto const& bid : events.bids) {
            if (bid.auction % 123 == 0) f(bid.auction, bid.price);
        }
    }
    template <class F>
    void q3(Events const& events, F f)
    {
        first.clear();
        for (auto const& person : events.persons) {
            if (isNear(person.state)) first[person.id] = 1;
        }
        for (auto const& auction : events.auctions) {
            if (auction.category == 10 && first.at(auction.seller) != 0) f(auction.seller, auction.id);
        }
    }
    template <class F>
    void q4(Events const& events, F f)
    {
        first.clear();
        for (auto const& bid : events.bids) {
            auto& most = first[bid.auction];
            most = std::max(most, bid.price);
        }
        std::int64_t sums[32] = {};
        std::int64_t counts[32] = {};
        for (auto const& auction : events.auctions) {
            if (auto const price = first.at(auction.id); price != 0) sums[auction.category] += price, ++counts[auction.category];
        }
        for (std::int64_t i = 0; i < 32; ++i) {
            if (counts[i] != 0) f(i, sums[i] / counts[i]);
        }
    }
    template <class F>
    void q5(Events const& events, F f)
    {
        first.clear();
        for (auto const& bid : events.bids) ++first[bid.auction];
        std::pair<std::int64_t, std::int64_t> most{0, 0};
        first.each([&](std::int64_t auction, std::int64_t n) { most = std::max(most, std::pair{n, auction}); });
        f(most.second, most.first);
    }
    template <class F>
    void q7(Events const& events, F f)
    {
        std::pair<std::int64_t, std::int64_t> most{0, 0};
        for (auto const& bid : events.bids) most = std::max(most, std::pair{bid.price, bid.bidder});
        f(most.second, most.first);
    }
    template <class F>
    void q8(Events const& events, F f)
    {
        first.clear();
        for (auto const& auction : events.auctions) first[auction.seller] = 1;
        for (auto const& person : events.persons) {
            if (first.at(person.id) != 0) f(person.id, 1);
        }
    }
};

}  // namespace nexmark
