// expect: sluice::cache\(Storage::disk\): include <sluice/storage.hpp>
#include <sluice/sluice.hpp>

using namespace sluice;

void program(DStream<int> numbers)
{
#ifdef SLUICE_TWIN
    numbers | cache(Storage::memory) | print();
#else
    numbers | cache(Storage::disk) | print();
#endif
}
