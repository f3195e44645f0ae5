// expect: sluice::socketStream<T>\(context, host, port, converter\): records wait for their batch
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

void program(Graph const& graph)
{
#ifdef SLUICE_TWIN
    using Record = std::string;
#else
    using Record = std::string_view;
#endif
    socketStream<Record>(graph, "localhost", 9999, [](std::string_view bytes, Store<Record>& store) {
        store(Record{bytes});
        return bytes.size();
    }) | print();
}
