// expect: sluice::collectInto\(vector\): the vector must have a name
#include <sluice/sluice.hpp>

#include <vector>

using namespace sluice;

void program(RDD<int> numbers, std::vector<int>& all)
{
#ifdef SLUICE_TWIN
    numbers | collectInto(all);
#else
    numbers | collectInto(std::vector<int>{});
#endif
}
