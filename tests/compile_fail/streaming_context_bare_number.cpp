// expect: sluice: a length of time has a unit: 30s or 500ms
#include <sluice/sluice.hpp>

using namespace sluice;
using namespace std::chrono_literals;

void program()
{
#ifdef SLUICE_TWIN
    StreamingContext context{{.master = "local[2]"}, 1s};
#else
    StreamingContext context{{.master = "local[2]"}, 1};
#endif
}
