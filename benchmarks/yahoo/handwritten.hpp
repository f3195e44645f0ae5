#pragma once

#include "../reduce_by_key/handwritten.hpp"
#include "events.hpp"

// By hand: line by line, a flat table of counts. The parser of JSON and the table of campaigns are those that the library is given, too.

namespace yahoo {

class Counter {
public:
    explicit Counter(Campaigns const& campaigns) : campaigns_(&campaigns) {}

    void count(std::string_view text)
    {
        counts_.clear();
        auto const* const end = text.data() + text.size();
        for (auto const* at = text.data(); at < end;) {
            auto const* const lf = static_cast<char const*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
            auto const event = parse({at, static_cast<std::size_t>(lf - at)});
            at = lf + 1;
            if (event.type != "view") continue;
            reduce_by_key::IntegerRow const row{keyOf(campaigns_->at(event.ad), event.time), 1};
            counts_.add(row, reduce_by_key::IntegerKey::hash(row));
        }
    }
    [[nodiscard]] reduce_by_key::Table<reduce_by_key::IntegerKey> const& counts() const { return counts_; }

private:
    Campaigns const* campaigns_;
    reduce_by_key::Table<reduce_by_key::IntegerKey> counts_;
};

}  // namespace yahoo
