// expect: sluice::StreamingContext::getOrCreate\(directory, create\): include <sluice/checkpoint.hpp>
#include <sluice/sluice.hpp>

#include <memory>

using namespace sluice;
using namespace std::chrono_literals;

auto program()
{
    auto const create = [] { return std::make_shared<StreamingContext>(Config{}, 1s); };
#ifdef SLUICE_TWIN
    return StreamingContext::getActiveOrCreate(create);
#else
    return StreamingContext::getOrCreate("/tmp/checkpoint", create);
#endif
}
