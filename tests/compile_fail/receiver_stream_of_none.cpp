// expect: sluice::receiverStream<T>\(context, receiver\): receiver must derive from Receiver<T>
#include <sluice/sluice.hpp>

using namespace sluice;

#ifdef SLUICE_TWIN
struct Mine : Receiver<int> {
#else
struct Mine {
#endif
    void onStart() {}
    void onStop() {}
};

void program(Graph const& graph) { receiverStream<int>(graph, Mine{}) | print(); }
