// expect: sluice: what is kept beyond its batch must own what it shows, and this member
// near: 10
#include <sluice/sluice.hpp>

#include <string>
#include <string_view>

using namespace sluice;

template <class Text>
struct Last {
    Text text;
};

void program(DStream<std::string> lines)
{
#ifdef SLUICE_TWIN
    using Result = Last<std::string>;
#else
    using Result = Last<std::string_view>;
#endif
    lines |
        aggregate(
            Result{}, [](Result, std::string const& line) { return Result{line}; }, [](Result, Result b) { return b; }) |
        map(&Result::text) | print();
}
