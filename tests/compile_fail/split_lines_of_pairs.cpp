// expect: sluice: this function takes text, and the records are something else
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

auto program(RDD<std::pair<int, std::string>> files)
{
#ifdef SLUICE_TWIN
    return files | map([](int, std::string const& content) { return content; }) | flatMap(splitLines()) | count();
#else
    return files | flatMap(splitLines()) | count();
#endif
}
