// expect: sluice: the records must be pairs of a key and a value
#include <sluice/sluice.hpp>

#include <functional>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | flatMap(split()) | map([](auto word) { return std::pair{word, 1}; }) | reduceByKey(std::plus{}) | print();
#else
    lines | flatMap(split()) | reduceByKey(std::plus{}) | print();
#endif
}
