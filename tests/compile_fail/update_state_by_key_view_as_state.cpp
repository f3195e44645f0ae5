// expect: sluice: the state outlives all batches, and must own what it shows
#include <sluice/sluice.hpp>

#include <optional>
#include <string>

using namespace sluice;

template <class S>
std::optional<S> last(std::vector<std::string_view> const& values, std::optional<S> state)
{
    return values.empty() ? state : S{values.back()};
}

void program(DStream<std::pair<int, std::string_view>> words)
{
#ifdef SLUICE_TWIN
    words | updateStateByKey(last<std::string>) | print();
#else
    words | updateStateByKey(last<std::string_view>) | print();
#endif
}
