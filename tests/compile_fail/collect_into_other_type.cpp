// expect: sluice::collectInto\(vector\): it must be a std::vector of the records' type
#include <sluice/sluice.hpp>

#include <vector>

using namespace sluice;

void program(RDD<int> numbers, [[maybe_unused]] std::vector<int>& all, [[maybe_unused]] std::vector<long>& longs)
{
#ifdef SLUICE_TWIN
    numbers | collectInto(all);
#else
    numbers | collectInto(longs);
#endif
}
