// expect: sluice: zero is combined unordered where it can be copied as bytes, and owns what it shows
#include <sluice/sluice.hpp>

#include <functional>

using namespace sluice;

void program(DStream<char> letters)
{
#ifdef SLUICE_TWIN
    letters | fold(unordered, 0, std::plus{}) | print();
#else
    letters | fold(unordered, std::string{}, std::plus{}) | print();
#endif
}
