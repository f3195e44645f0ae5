// expect: sluice::saveAsObjectFiles\(prefix\), saveAsObjectFile\(path\): the records must have a binary form
#include <sluice/sluice.hpp>

#if __has_include(<xxhash.h>)
#include <sluice/checkpoint.hpp>

#include <functional>
#include <vector>

using namespace sluice;

void program()
{
#ifdef SLUICE_TWIN
    rdd(std::vector<int>{}) | saveAsObjectFile("/tmp/x");
#else
    rdd(std::vector<std::function<int()>>{}) | saveAsObjectFile("/tmp/x");
#endif
}
#elif !defined SLUICE_TWIN
static_assert(false, "sluice::saveAsObjectFiles(prefix), saveAsObjectFile(path): the records must have a binary form");
#endif
