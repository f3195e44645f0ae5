// expect: this member .* is a view
// near: 16
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

template <class Text>
struct Hit {
    Text url;
    int status;
};

void program(Graph const& graph)
{
#ifdef SLUICE_TWIN
    using Record = Hit<std::string>;
#else
    using Record = Hit<std::string_view>;
#endif
    receiverStream<Record>(graph, [](std::stop_token, auto& store) { store(Record{"/", 200}); }) | print();
}
