#pragma once

#include "../runner.hpp"
#include "../simd.hpp"

#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

// The Yahoo streaming benchmark (S. Chintapalli et al., "Benchmarking Streaming Computation Engines", IPDPSW 2016): events as JSON, of which
// views are counted for each campaign and ten seconds; a table tells the campaign of an advertisement.

namespace yahoo {

struct Event {
    std::string_view ad;
    std::string_view type;
    std::int64_t time = 0;  // ms
};

/// The three fields that matter, of one object whose members are texts without escapes, in any order. 128 bytes behind it are read.
inline Event parse(std::string_view line)
{
    Event event;
    char const* quotes[4];  // begin and end of a name, and of its text
    int n = 0;
    auto const* const end = line.data() + line.size();
    for (auto const* at = line.data(); at < end; at += 64) {
        auto found = bench::simd::equal(at, '"');
        if (end - at < 64) found &= (std::uint64_t{1} << (end - at)) - 1;
        for (; found != 0; found &= found - 1) {
            quotes[n++] = at + std::countr_zero(found);
            if (n < 4) continue;
            n = 0;
            std::string_view const name{quotes[0] + 1, static_cast<std::size_t>(quotes[1] - quotes[0] - 1)};
            std::string_view const text{quotes[2] + 1, static_cast<std::size_t>(quotes[3] - quotes[2] - 1)};
            if (name == "ad_id") event.ad = text;
            else if (name == "event_type") event.type = text;
            else if (name == "event_time") std::from_chars(text.data(), text.data() + text.size(), event.time);
        }
    }
    return event;
}

struct Events {
    std::string bytes;
    std::vector<std::string_view> pieces;
    std::unordered_map<std::string_view, std::int64_t> campaigns;  // of each advertisement
    std::size_t count;

    explicit Events(std::size_t events) : count(events)
    {
        bench::Random random{1};
        auto const identifier = [&] {
            std::string made;
            for (int i = 0; i < 36; ++i) made += i == 8 || i == 13 || i == 18 || i == 23 ? '-' : "0123456789abcdef"[random() % 16];
            return made;
        };
        for (int i = 0; i < 1000; ++i) ads_.push_back(identifier());
        for (std::size_t i = 0; i < ads_.size(); ++i) campaigns.emplace(ads_[i], static_cast<std::int64_t>(i / 10));
        std::vector<std::string> people;
        for (int i = 0; i < 10'000; ++i) people.push_back(identifier());
        constexpr char const* kinds[] = {"banner", "modal", "sponsored-search", "mail", "mobile"};
        constexpr char const* types[] = {"view", "click", "purchase"};
        bytes.reserve(events * 260);
        for (std::size_t i = 0; i < events; ++i) {
            bytes += R"({"user_id": ")" + people[random() % people.size()] + R"(", "page_id": ")" + people[random() % people.size()];
            bytes += R"(", "ad_id": ")" + ads_[random() % ads_.size()] + R"(", "ad_type": ")" + kinds[random() % 5];
            bytes += std::string(R"(", "event_type": ")") + types[random() % 3] + R"(", "event_time": ")";
            bytes += std::to_string(1'480'000'000'000 + i / 100) + "\", \"ip_address\": \"1.2.3.4\"}\n";
        }
        auto const length = bytes.size();
        bytes.append(bench::simd::slack, '\n');
        for (std::size_t at = 0; at < length;) {
            auto stop = std::min(length, at + (256 << 10));
            while (bytes[stop - 1] != '\n') ++stop;
            pieces.push_back(std::string_view{bytes}.substr(at, stop - at));
            at = stop;
        }
    }
    [[nodiscard]] std::string_view view() const { return {bytes.data(), bytes.size() - bench::simd::slack}; }

private:
    std::vector<std::string> ads_;
};

/// The campaign of each advertisement: a flat table, by the first bytes of its name.
class Campaigns {
public:
    explicit Campaigns(Events const& events)
    {
        for (auto const& [ad, campaign] : events.campaigns) {
            auto i = placeOf(ad);
            while (ads_[i].campaign >= 0) i = (i + 1) % size;
            std::memcpy(ads_[i].name, ad.data(), sizeof ads_[i].name);
            ads_[i].campaign = campaign;
        }
    }
    [[nodiscard]] std::int64_t at(std::string_view ad) const
    {
        auto i = placeOf(ad);
        while (std::memcmp(ads_[i].name, ad.data(), sizeof ads_[i].name) != 0) i = (i + 1) % size;
        return ads_[i].campaign;
    }

private:
    struct Ad {
        char name[24]{};  // no two share so much
        std::int64_t campaign = -1;
    };
    static constexpr std::size_t size = 1 << 13;
    static std::size_t placeOf(std::string_view ad)
    {
        std::uint64_t first;
        std::memcpy(&first, ad.data(), sizeof first);
        return first * 0x9e3779b97f4a7c15ULL >> (64 - 13);
    }

    std::vector<Ad> ads_ = std::vector<Ad>(size);
};

inline constexpr std::int64_t window = 10'000;  // ms

/// Campaign and window, as one number.
inline std::int64_t keyOf(std::int64_t campaign, std::int64_t time) { return campaign << 40 | time / window; }

}  // namespace yahoo
