// expect: this member .* is a view
// near: 16
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

template <class Text>
struct Setting {
    int number;
    Text text;
};

#ifdef SLUICE_TWIN
auto program(Setting<std::string> setting) { return broadcast(setting); }
#else
auto program(Setting<std::string_view> setting) { return broadcast(setting); }
#endif
