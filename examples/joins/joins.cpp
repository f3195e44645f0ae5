// Two streams meet by key, batch by batch.

#include <sluice/sluice.hpp>

#include <string>
#include <utility>

using namespace sluice;
using namespace std::chrono_literals;

int main()
{
    IntervalClock clock{1s};
    RDDQueue<std::pair<std::string, int>> shown;
    RDDQueue<std::pair<std::string, double>> clicked;
    auto const ads = queueStream(clock, shown);
    auto const clicks = queueStream(clock, clicked);

    ads | join(clicks, 1) | print();
    ads | leftOuterJoin(clicks, 1) | print();
    ads | cogroup(clicks, 1) | print();
    ads | subtractByKey(clicks, 1) | print();

    shown.push({{"red", 3}, {"blue", 5}});
    clicked.push({{"blue", 0.2}, {"blue", 0.3}, {"green", 0.1}});
    clock.poll(Time{0s});
    clock.poll(Time{1s});
}
