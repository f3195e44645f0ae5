// expect: sluice: the function must take text as std::string_view, not as std::string
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | foreachRDD([](auto batch) { batch | foreach ([](std::string_view) {}); });
#else
    lines | foreachRDD([](auto batch) { batch | foreach ([](std::string const&) {}); });
#endif
}
