// expect: sluice::deadLetters<T>\(context\): T must be the type of the records
#include <sluice/sluice.hpp>

using namespace sluice;

void program(Graph const& context, DStream<std::pair<int, std::string>> pairs)
{
#ifdef SLUICE_TWIN
    auto [letters, failed] = deadLetters<std::pair<int, std::string>>(context);
#else
    auto [letters, failed] = deadLetters<std::string>(context);
#endif
    pairs | mapValues([](std::string_view text) { return text.size(); }, letters) | print();
    failed | count() | print();
}
