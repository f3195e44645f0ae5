// expect: sluice: what is combined must own what the functions make
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

void program(DStream<std::pair<int, std::string_view>> lines)
{
#ifdef SLUICE_TWIN
    lines |
        aggregateByKey(
            std::string{}, [](auto a, auto b) { return std::string{a}.append(b); },
            [](auto a, auto b) { return std::string{a}.append(b); }) |
        count() | print();
#else
    lines |
        aggregateByKey(
            std::string_view{}, [](auto a, auto b) { return std::string{a}.append(b); },
            [](auto a, auto b) { return std::string{a}.append(b); }) |
        count() | print();
#endif
}
