// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

#include <functional>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | reduceByKey(std::plus{}) | print();
#else
    counts | reduceByKey | print();
#endif
}
