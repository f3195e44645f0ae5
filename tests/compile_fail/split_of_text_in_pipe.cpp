// expect: sluice: before \| stands a batch or a stream; a text is given to a function of text by a call, as in split\(\)\(text\)
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> lines)
{
#ifdef SLUICE_TWIN
    lines | flatMap([](std::string_view line) { return split()(line); }) | print();
#else
    lines | flatMap([](std::string_view line) { return line | split(); }) | print();
#endif
}
