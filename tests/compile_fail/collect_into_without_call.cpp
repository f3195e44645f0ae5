// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

#include <vector>

using namespace sluice;

void program(RDD<int> numbers, [[maybe_unused]] std::vector<int>& all)
{
#ifdef SLUICE_TWIN
    numbers | collectInto(all);
#else
    numbers | collectInto;
#endif
}
