#pragma once

// What is done with records: one header per operator, narrow, wide, over time, and actions.

#include <sluice/operators/aggregate.hpp>
#include <sluice/operators/cache.hpp>
#include <sluice/operators/collect.hpp>
#include <sluice/operators/collect_as_map.hpp>
#include <sluice/operators/count.hpp>
#include <sluice/operators/filter.hpp>
#include <sluice/operators/first.hpp>
#include <sluice/operators/flat_map.hpp>
#include <sluice/operators/fold.hpp>
#include <sluice/operators/foreach.hpp>
#include <sluice/operators/foreach_partition.hpp>
#include <sluice/operators/is_empty.hpp>
#include <sluice/operators/lookup.hpp>
#include <sluice/operators/map.hpp>
#include <sluice/operators/map_values.hpp>
#include <sluice/operators/max.hpp>
#include <sluice/operators/mean.hpp>
#include <sluice/operators/min.hpp>
#include <sluice/operators/named.hpp>
#include <sluice/operators/reduce.hpp>
#include <sluice/operators/reduce_by_key.hpp>
#include <sluice/operators/save_as_text_file.hpp>
#include <sluice/operators/split.hpp>
#include <sluice/operators/split_lines.hpp>
#include <sluice/operators/stats.hpp>
#include <sluice/operators/sum.hpp>
#include <sluice/operators/take.hpp>
#include <sluice/operators/take_ordered.hpp>
#include <sluice/operators/top.hpp>
#include <sluice/operators/transform.hpp>
#include <sluice/operators/union_with.hpp>
