#pragma once

// Where records of several partitions meet: by key, in order, or to be spread anew.

#include <sluice/exchange/combine.hpp>
#include <sluice/exchange/exchange.hpp>
#include <sluice/exchange/join_exchange.hpp>
#include <sluice/exchange/matched_rows.hpp>
#include <sluice/exchange/radix_rows.hpp>
#include <sluice/exchange/radix_table.hpp>
#include <sluice/exchange/record_exchange.hpp>
#include <sluice/exchange/sort_exchange.hpp>
#include <sluice/exchange/stable_sort.hpp>
