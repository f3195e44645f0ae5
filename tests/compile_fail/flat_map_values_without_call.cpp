// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<int, std::string_view>> lines)
{
#ifdef SLUICE_TWIN
    lines | flatMapValues(split()) | print();
#else
    lines | flatMapValues | print();
#endif
}
