// A stream is cleaned by a table of known spammers that is replaced while the stream runs: transform reads it anew for each
// batch, and all tasks of a batch see one table.

#include <sluice/sluice.hpp>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

using Mail = std::pair<std::string, std::string>;  // from, subject
using Table = std::vector<std::pair<std::string, bool>>;

int main()
{
    ManualClock const clock;
    StreamingContext ssc{{.master = "local[2]", .clock = clock}, 1s};
    auto const known = replaceableBroadcast(ssc, Table{{"spam@example.org", true}});
    auto [channel, mails] = channelStream<Mail>(ssc);

    mails | transform([known](auto batch) {
        return batch | leftOuterJoin(rdd(known.value()), 1) |
               filter([](auto const& joined) { return !joined.second.second.value_or(false); }) |
               map([](auto const& joined) { return joined.first + ": " + joined.second.first; });
    }) | print();
    ssc.start();

    auto const day = [&, channel = channel] {
        channel.push({"ada@example.org", "the engine"});
        channel.push({"spam@example.org", "win"});
        channel.push({"prince@example.org", "a fortune"});
        clock.advance(1s);
        ssc.awaitBatches();
    };
    day();
    known.replace({{"spam@example.org", true}, {"prince@example.org", true}});
    day();
    ssc.stop();
}
