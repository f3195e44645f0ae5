// expect: what is kept beyond its batch must own what it shows, and this member .* is a view
// near: 16
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

struct Hit {
    int status;
    std::string_view url;
};

auto program(RDD<Hit> hits)
{
#ifdef SLUICE_TWIN
    return hits | map([](Hit const& hit) { return std::pair{hit.url, hit.status}; }) | collect();
#else
    return hits | collect();
#endif
}
