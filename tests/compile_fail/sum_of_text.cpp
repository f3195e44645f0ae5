// expect: sluice: the records must be numbers
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> words)
{
#ifdef SLUICE_TWIN
    words | map([](auto word) { return word.size(); }) | sum() | print();
#else
    words | sum() | print();
#endif
}
