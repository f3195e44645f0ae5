#pragma once

#include <sluice/checkpoint/checkpoint.hpp>
#include <sluice/sluice.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

using Row = std::pair<std::string, std::int64_t>;
using Rows = std::vector<Row>;

struct LifeOptions {
    sluice::Duration begin{0};
    std::string master = "inline";
    sluice::Duration interval = std::chrono::seconds{1};
};

/// A life with a context that keeps what `build` makes of rows: what each of its batches had; what fails is thrown. Compiled once for
/// each type of records.
template <class Record>
std::vector<std::vector<Record>> lived(std::string const& directory, LifeOptions const& options, std::vector<Rows> const& batches,
                                       std::function<sluice::DStream<Record>(sluice::DStream<Row>)> const& build)
{
    using namespace sluice;
    ManualClock clock{Time{options.begin}};
    StreamingContext ssc{{.master = options.master, .clock = clock, .log = silent}, options.interval};
    if (!directory.empty()) checkpoint(ssc, directory);
    RDDQueue<Row> queue;
    std::vector<std::vector<Record>> seen;
    build(queueStream(ssc, queue)) | foreachRDD([&](auto batch) { seen.push_back(batch | collect()); });
    ssc.start();
    for (auto const& rows : batches) {
        queue.push(rows);
        clock.advance(options.interval);
        ssc.awaitBatches();
    }
    ssc.stop({.gracefully = true});
    ssc.awaitTermination();
    return seen;
}
