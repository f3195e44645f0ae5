// expect: sluice::receiverStream<T>\(context, receiver\): receiver must derive from Receiver<T>
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

struct Mine : Receiver<int> {
    void onStart() override {}
    void onStop() override {}
};

void program(Graph const& graph)
{
#ifdef SLUICE_TWIN
    receiverStream<int>(graph, Mine{}) | print();
#else
    receiverStream<std::string>(graph, Mine{}) | print();
#endif
}
