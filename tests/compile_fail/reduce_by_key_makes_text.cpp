// expect: sluice::reduceByKey\(f\): f must answer with a view into what it is given
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

void program(DStream<std::pair<int, std::string_view>> lines)
{
#ifdef SLUICE_TWIN
    lines | mapValues([](auto line) { return std::string{line}; }) | reduceByKey([](auto a, auto b) { return std::string{a}.append(b); }) |
        print();
#else
    lines | reduceByKey([](auto a, auto b) { return std::string{a}.append(b); }) | print();
#endif
}
