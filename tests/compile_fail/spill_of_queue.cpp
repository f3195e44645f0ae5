// expect: sluice::spill\(\): must stand right behind what is received, or behind its name
#include <sluice/sluice.hpp>
#include <sluice/storage.hpp>

using namespace sluice;

void program(StreamingContext& ssc, RDDQueue<int> const& queue)
{
#ifdef SLUICE_TWIN
    static_cast<void>(queue);
    socketTextStream(ssc, "localhost", 9999) | spill() | print();
#else
    queueStream(ssc, queue) | spill() | print();
#endif
}
