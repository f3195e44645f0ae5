// expect: sluice: the key must not be a pointer
#include <sluice/sluice.hpp>

#include <functional>

using namespace sluice;

auto program()
{
#ifdef SLUICE_TWIN
    return rdd({std::pair{std::string_view{"a"}, 1}}) | reduceByKey(std::plus{}) | count();
#else
    return rdd({std::pair{"a", 1}}) | reduceByKey(std::plus{}) | count();
#endif
}
