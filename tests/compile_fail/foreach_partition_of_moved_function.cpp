// expect: sluice::foreachPartition\(f\): the functions before it must be copyable
#include <sluice/sluice.hpp>

#include <memory>

using namespace sluice;

void program(RDD<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | map([one = 1](int n) { return n + one; }) | foreachPartition([](auto one) { return one | sum(); });
#else
    numbers | map([one = std::make_unique<int>(1)](int n) { return n + *one; }) | foreachPartition([](auto one) { return one | sum(); });
#endif
}
