// expect: sluice: the records must be copyable
#include <sluice/sluice.hpp>

#include <span>

using namespace sluice;

struct Only {
    int n;
    explicit Only(int x) : n(x) {}
    Only(Only&&) = default;
    Only& operator=(Only&&) = default;
    bool operator<(Only const& other) const { return n < other.n; }
};

void program(std::span<Only const> all)
{
#ifdef SLUICE_TWIN
    static_cast<void>(rdd(all) | map([](Only const& x) { return x.n; }) | take(2));
#else
    static_cast<void>(rdd(all) | take(2));
#endif
}
