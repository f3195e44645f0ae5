// expect: sluice: keys that meet must be of one type, or convert to a common one
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::pair<int, int>> a, DStream<std::pair<int, char>> b)
{
#ifdef SLUICE_TWIN
    a | subtractByKey(b) | count() | print();
#else
    a | subtractByKey(b | map([](int, char c) { return std::pair{std::string_view{"a"}, c}; })) | count() | print();
#endif
}
