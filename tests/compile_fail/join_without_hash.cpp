// expect: sluice: keys that meet must have a hash
#include <sluice/sluice.hpp>

using namespace sluice;

struct Place {
    explicit Place(int itsX) : x(itsX) {}
    int x;
    bool operator==(Place const&) const = default;
};

void program(std::vector<std::pair<int, int>> const& a)
{
#ifdef SLUICE_TWIN
    static_cast<void>(rdd(a) | join(rdd(a)) | count());
#else
    auto const places = rdd(a) | map([](int k, int v) { return std::pair{Place{k}, v}; });
    static_cast<void>(places | join(places) | count());
#endif
}
