// expect: sluice::StreamingContext::getActiveOrCreate\(create\): the active context is somebody else's: create must return a
#include <sluice/sluice.hpp>

#include <memory>

using namespace sluice;
using namespace std::chrono_literals;

auto program()
{
#ifdef SLUICE_TWIN
    return StreamingContext::getActiveOrCreate([] { return std::make_shared<StreamingContext>(Config{}, 1s); });
#else
    return StreamingContext::getActiveOrCreate([] { return std::make_unique<StreamingContext>(Config{}, 1s); });
#endif
}
