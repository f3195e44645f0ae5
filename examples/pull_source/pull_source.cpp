// A source of one's own that is asked: it answers the batch of a time, and tells where it stands.

#include <sluice/sluice.hpp>

#include <cstdio>
#include <string>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

/// Reads a journal on from where it stopped; where nothing is new there is no batch.
class Journal {
public:
    std::optional<RDD<std::string>> batch(Time)
    {
        begin_ = end_;
        end_ = std::min(entries_.size(), begin_ + 2);
        if (begin_ == end_) return std::nullopt;
        return RDD<std::string>{rdd(std::vector(entries_.begin() + long(begin_), entries_.begin() + long(end_)))};
    }
    std::string positions(Time) const { return std::to_string(begin_) + " to " + std::to_string(end_); }

private:
    std::vector<std::string> entries_{"created", "paid", "shipped"};
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace

int main()
{
    IntervalClock clock{1s};
    pullStream(clock, Journal{}) | foreachRDD([](auto batch, Time t) {
        std::printf("%s, entries %s:", t.toString().c_str(), positionsOf(batch).c_str());
        batch | foreach ([](std::string const& entry) { std::printf(" %s", entry.c_str()); });
        std::puts("");
    });
    clock.poll(Time{0s});
    clock.poll(Time{5s});
}
