// expect: sluice::collectInto\(vector\): the vector must not be const
#include <sluice/sluice.hpp>

#include <vector>

using namespace sluice;

void program(RDD<int> numbers, std::vector<int>& all, [[maybe_unused]] std::vector<int> const& kept)
{
#ifdef SLUICE_TWIN
    numbers | collectInto(all);
#else
    numbers | collectInto(kept);
#endif
}
