#pragma once

// What a stream is: time, graph, DStream, and the concepts that the engine and the edges meet in.

#include <sluice/stream/any_stream.hpp>
#include <sluice/stream/appended.hpp>
#include <sluice/stream/batch_of_thread.hpp>
#include <sluice/stream/cached_records.hpp>
#include <sluice/stream/checkpointing.hpp>
#include <sluice/stream/clock.hpp>
#include <sluice/stream/config.hpp>
#include <sluice/stream/describe.hpp>
#include <sluice/stream/dstream.hpp>
#include <sluice/stream/event.hpp>
#include <sluice/stream/graph.hpp>
#include <sluice/stream/memo.hpp>
#include <sluice/stream/node.hpp>
#include <sluice/stream/on_batch_failure.hpp>
#include <sluice/stream/once.hpp>
#include <sluice/stream/partwise_stream.hpp>
#include <sluice/stream/rate_limit.hpp>
#include <sluice/stream/require_kept.hpp>
#include <sluice/stream/several.hpp>
#include <sluice/stream/stage.hpp>
#include <sluice/stream/time.hpp>
#include <sluice/stream/union_stream.hpp>
#include <sluice/stream/wait.hpp>
#include <sluice/stream/wide_stream.hpp>
