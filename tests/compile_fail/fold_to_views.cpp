// expect: sluice: what is kept beyond its batch must own what it shows, and this member
#include <sluice/sluice.hpp>

#include <string>
#include <string_view>

using namespace sluice;

template <class Text>
struct Longest {
    Text text;
};

void program(DStream<std::string> lines)
{
    auto const longer = [](auto const& a, auto const& b) { return a.text.size() < b.text.size() ? b : a; };
#ifdef SLUICE_TWIN
    using Result = Longest<std::string>;
#else
    using Result = Longest<std::string_view>;
#endif
    lines | map([](std::string_view line) { return Result{{line.data(), line.size()}}; }) | fold(Result{}, longer) | map(&Result::text) |
        print();
}
