// expect: sluice: an operator stands in a pipe with its call
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<std::string_view, int>> counts)
{
#ifdef SLUICE_TWIN
    counts | keys() | print();
#else
    counts | keys | print();
#endif
}
