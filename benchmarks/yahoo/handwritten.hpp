#pragma once

#include "../reduce_by_key/handwritten.hpp"
#include "events.hpp"

// By hand: line by line, a flat table of campaigns by the first 16 bytes of an advertisement's name, a flat table of counts. The parser of
// JSON is the one that all use.

namespace yahoo {

class Counter {
public:
    explicit Counter(Events const& events)
    {
        for (auto const& [ad, campaign] : events.campaigns) {
            auto i = placeOf(ad.data());
            while (ads_[i].campaign >= 0) i = (i + 1) % size;
            std::memcpy(ads_[i].name, ad.data(), sizeof ads_[i].name);
            ads_[i].campaign = campaign;
        }
    }
    void count(std::string_view text)
    {
        counts_.clear();
        auto const* const end = text.data() + text.size();
        for (auto const* at = text.data(); at < end;) {
            auto const* const lf = static_cast<char const*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
            auto const event = parse({at, static_cast<std::size_t>(lf - at)});
            at = lf + 1;
            if (event.type != "view") continue;
            auto i = placeOf(event.ad.data());
            while (std::memcmp(ads_[i].name, event.ad.data(), sizeof ads_[i].name) != 0) i = (i + 1) % size;
            reduce_by_key::IntegerRow const row{keyOf(ads_[i].campaign, event.time), 1};
            counts_.add(row, reduce_by_key::IntegerKey::hash(row));
        }
    }
    [[nodiscard]] reduce_by_key::Table<reduce_by_key::IntegerKey> const& counts() const { return counts_; }

private:
    struct Ad {
        char name[24]{};  // no two share so much
        std::int64_t campaign = -1;
    };
    static constexpr std::size_t size = 1 << 13;
    static std::size_t placeOf(char const* ad)
    {
        std::uint64_t first;
        std::memcpy(&first, ad, sizeof first);
        return first * 0x9e3779b97f4a7c15ULL >> (64 - 13);
    }

    std::vector<Ad> ads_ = std::vector<Ad>(size);
    reduce_by_key::Table<reduce_by_key::IntegerKey> counts_;
};

}  // namespace yahoo
