// expect: sluice::collectInto\(vector\): it must be a std::vector of what owns the records
#include <sluice/sluice.hpp>

#include <vector>

using namespace sluice;

void program(RDD<std::string_view> words, [[maybe_unused]] std::vector<std::string>& all,
             [[maybe_unused]] std::vector<std::string_view>& views)
{
#ifdef SLUICE_TWIN
    words | collectInto(all);
#else
    words | collectInto(views);
#endif
}
