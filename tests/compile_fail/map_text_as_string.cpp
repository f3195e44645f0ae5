// expect: sluice: the function must take text as std::string_view, not as std::string
#include <sluice/sluice.hpp>

using namespace sluice;

void program(StreamingContext& context)
{
#ifdef SLUICE_TWIN
    socketTextStream(context, "localhost", 9999) | map([](std::string_view line) { return line.size(); }) | print();
#else
    socketTextStream(context, "localhost", 9999) | map([](std::string const& line) { return line.size(); }) | print();
#endif
}
