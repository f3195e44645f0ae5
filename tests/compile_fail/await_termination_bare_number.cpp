// expect: sluice: a length of time has a unit: 30s or 500ms
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program(StreamingContext& context)
{
#ifdef SLUICE_TWIN
    context.awaitTerminationOrTimeout(10s);
#else
    context.awaitTerminationOrTimeout(10);
#endif
}
