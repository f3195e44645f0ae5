#pragma once

// What a batch is: records, keys and their hash, sinks, RDD expressions, operators, pipelines, errors.

#include <sluice/batch/accept.hpp>
#include <sluice/batch/any_rdd.hpp>
#include <sluice/batch/arena.hpp>
#include <sluice/batch/call.hpp>
#include <sluice/batch/call_site.hpp>
#include <sluice/batch/callback.hpp>
#include <sluice/batch/collect_sink.hpp>
#include <sluice/batch/counted.hpp>
#include <sluice/batch/crowding.hpp>
#include <sluice/batch/dead_letter.hpp>
#include <sluice/batch/error.hpp>
#include <sluice/batch/joined_batches.hpp>
#include <sluice/batch/key.hpp>
#include <sluice/batch/key_index.hpp>
#include <sluice/batch/list.hpp>
#include <sluice/batch/macros.hpp>
#include <sluice/batch/members.hpp>
#include <sluice/batch/needs.hpp>
#include <sluice/batch/operator.hpp>
#include <sluice/batch/order.hpp>
#include <sluice/batch/owned.hpp>
#include <sluice/batch/pages.hpp>
#include <sluice/batch/partitioner.hpp>
#include <sluice/batch/place.hpp>
#include <sluice/batch/rdd.hpp>
#include <sluice/batch/sampler.hpp>
#include <sluice/batch/sink.hpp>
#include <sluice/batch/slab.hpp>
#include <sluice/batch/slack.hpp>
#include <sluice/batch/sparse.hpp>
#include <sluice/batch/stored_batch.hpp>
#include <sluice/batch/table.hpp>
#include <sluice/batch/text_scan.hpp>
#include <sluice/batch/union_batch.hpp>
