// expect: sluice: all of them must hold records of one type
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

void program(DStream<int> numbers, DStream<std::string> words)
{
#ifdef SLUICE_TWIN
    unionAll(numbers, words | map([](std::string const& word) { return static_cast<int>(word.size()); })) | print();
#else
    unionAll(numbers, words) | print();
#endif
}
