// expect: sluice::cache\(Storage::disk\): the records must have a binary form
#include <sluice/sluice.hpp>
#include <sluice/storage.hpp>

using namespace sluice;

struct Hit {
    std::string_view url;
    int status;
};

void program(DStream<Hit> hits)
{
#ifdef SLUICE_TWIN
    hits | map([](Hit const& hit) { return std::pair{hit.url, hit.status}; }) | cache(Storage::disk) | foreachRDD([](auto) {});
#else
    hits | cache(Storage::disk) | foreachRDD([](auto) {});
#endif
}
