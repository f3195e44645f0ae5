// The tags that are named most in the last four batches, as they come and go.

#include <sluice/sluice.hpp>

#include <cstdio>
#include <string>
#include <string_view>

using namespace sluice;
using namespace std::chrono_literals;

int main()
{
    IntervalClock clock{1s};
    RDDQueue<std::string> posts;

    queueStream(clock, posts) | flatMap(split()) | filter([](std::string_view word) { return word.starts_with('#'); }) |
        countByValueAndWindow(4s, 2s) | foreachRDD([](auto tags, Time t) {
            std::printf("%lld s:", static_cast<long long>(t.milliseconds() / 1000));
            auto const more = [](auto const& a, auto const& b) { return a.second != b.second ? a.second < b.second : a.first > b.first; };
            for (auto const& [tag, n] : tags | top(2, more)) std::printf("  %s %d", tag.c_str(), static_cast<int>(n));
            std::puts("");
        });

    clock.poll(Time{0s});
    char const* const said[] = {
        "#rain again", "so much #rain on my #garden", "#sun at last!", "my #garden loves #sun", "#sun #sun #sun", "good night", "", ""};
    for (int i = 0; i < 8; ++i) {
        posts.push({said[i]});
        clock.poll(Time{0s} + (i + 1) * 1s);
    }
}
