// expect: sluice: records are combined unordered where they can be copied as bytes, and own what they show
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<std::string_view> words)
{
    auto const longer = [](auto a, auto b) { return a < b ? b : a; };
#ifdef SLUICE_TWIN
    words | map([](auto word) { return word.size(); }) | reduce(unordered, longer) | print();
#else
    words | reduce(unordered, longer) | print();
#endif
}
