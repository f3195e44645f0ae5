// expect: sluice::cache\(Storage::disk\): the records must have a binary form
#include <sluice/sluice.hpp>
#include <sluice/storage.hpp>

#include <memory>

using namespace sluice;

struct Open {
    std::shared_ptr<int const> handle;
    void (*close)(int);
};

void program(DStream<Open> opened)
{
#ifdef SLUICE_TWIN
    opened | map([](Open const& one) { return *one.handle; }) | cache(Storage::memoryThenDisk) | foreachRDD([](auto) {});
#else
    opened | cache(Storage::memoryThenDisk) | foreachRDD([](auto) {});
#endif
}
