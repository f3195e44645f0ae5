// expect: sluice::commitWith\(context, sink\): the sink is an object whose class derives from sluice::TransactionalSink
#include <sluice/checkpoint.hpp>
#include <sluice/sluice.hpp>

using namespace sluice;

struct CommitWithTemporary : TransactionalSink {
    void commit(Time) override {}
};

void program(StreamingContext& context, CommitWithTemporary& sink)
{
#ifdef SLUICE_TWIN
    commitWith(context, sink);
#else
    static_cast<void>(sink);
    commitWith(context, CommitWithTemporary{});
#endif
}
