// expect: sluice::transform\(f\): must stand behind a stream
#include <sluice/sluice.hpp>

using namespace sluice;

auto program()
{
#ifdef SLUICE_TWIN
    auto const same = [](auto batch) { return batch; };
    return same(rdd({1, 2})) | count();
#else
    return rdd({1, 2}) | transform([](auto batch) { return batch; }) | count();
#endif
}
