// The compiled mode: the one file of a program, or of a library of it, that has the bodies which know no type of the user's. It
// and all files that are linked with it are compiled with -DSLUICE_COMPILED and the same settings; the build files have targets
// that see to it (README, Add it to a project). A program that does neither has all of it inline.

#ifndef SLUICE_COMPILED
#error "compile sluice/compiled.cpp, and all that is linked with it, with -DSLUICE_COMPILED"
#endif

#include <sluice/batch/counted.ipp>
#include <sluice/batch/crowding.ipp>
#include <sluice/batch/error.ipp>
#include <sluice/batch/key_index.ipp>
#include <sluice/batch/list.ipp>
#include <sluice/batch/pages.ipp>
#include <sluice/batch/place.ipp>
#include <sluice/batch/radix_sort.ipp>
#include <sluice/batch/rank.ipp>
#include <sluice/batch/slab.ipp>
#include <sluice/batch/text_scan.ipp>
#include <sluice/codec/binary_form.ipp>
#include <sluice/codec/bytes.ipp>
#include <sluice/codec/detail/convert.ipp>
#include <sluice/codec/parse.ipp>
#include <sluice/codec/schema.ipp>
#include <sluice/codec/text.ipp>
#include <sluice/exchange/matched_rows.ipp>
#include <sluice/exchange/radix_rows.ipp>
#include <sluice/input.hpp>
#include <sluice/input/receiver.ipp>
#include <sluice/input/text_blocks.ipp>
#include <sluice/input/text_store.ipp>
#include <sluice/io/directory_lock.ipp>
#include <sluice/io/socket.ipp>
#include <sluice/outputs.hpp>
#include <sluice/outputs/print.ipp>
#include <sluice/runtime.hpp>
#include <sluice/runtime/context.ipp>
#include <sluice/runtime/interval_clock.ipp>
#include <sluice/runtime/lateness.ipp>
#include <sluice/runtime/log.ipp>
#include <sluice/runtime/other_processors.ipp>
#include <sluice/runtime/pid_rate_estimator.ipp>
#include <sluice/runtime/streaming_context.ipp>
#include <sluice/sources.hpp>
#include <sluice/sources/detail/connection.ipp>
#include <sluice/sources/detail/source_keeper.ipp>
#include <sluice/sources/detail/tailed_log.ipp>
#include <sluice/state.hpp>
#include <sluice/state/lasting.ipp>
#include <sluice/state/state_stream.ipp>
#include <sluice/state/state_table.ipp>
#include <sluice/stream.hpp>
#include <sluice/stream/graph.ipp>
#include <sluice/stream/memo.ipp>
#include <sluice/stream/once.ipp>
#include <sluice/stream/time.ipp>

namespace sluice::inline SLUICE_ABI::detail {

template class Workers<>;
template class HostedWorkers<>;
template class SystemClockBase<>;
template class ManualClockBase<>;
template class StreamingEngine<>;
template class ListenerBus<>;
template class CountingListener<>;
template struct StoreNode<TextStore, TextBlocks, ReceivedText>;
template struct SocketTextNode<>;
template class List<std::uint32_t>;
template class List<std::uint64_t>;
template class Counted<HeldFunction>;
template class Counted<Engine>;
template class Counted<AnyPartitioner>;
template class Counted<GraphCore>;
template class Counted<StreamNode>;
template class Counted<InputNode>;
template class Counted<OutputNode>;
template class Counted<TextBlocks>;
template class Counted<WorkersBase>;
template class Counted<StreamingEngineBase>;
template class Counted<LastingStep>;

extern char const SLUICE_COMPILED_WITH;
char const SLUICE_COMPILED_WITH = 0;

}  // namespace sluice::inline SLUICE_ABI::detail
