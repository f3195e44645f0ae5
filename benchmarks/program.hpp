#pragma once

#include <sluice/outputs/foreach_rdd.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/sources/constant_stream.hpp>

#include <chrono>
#include <string>

namespace bench {

/// Where a pipeline runs in a started context: the columns of the tables.
struct Where {
    char const* name;
    char const* master;
    std::size_t partitions;
};
inline constexpr Where columns[] = {{"inline", "inline", 1}, {"two workers", "local[2]", 2}};

/// A started context that runs one pipeline, batch by batch, as its owner asks for them. `build` is given the context, and writes the
/// whole of it, from source to output.
class Program {
public:
    template <class Build>
    Program(std::string const& master, Build&& build)
        : clock_(), context_({.master = master, .clock = clock_, .exclusive = false}, std::chrono::seconds{1})
    {
        build(context_);
        context_.start();
    }
    Program(Program const&) = delete;
    Program& operator=(Program const&) = delete;
    ~Program() { context_.stop(); }

    void batch()
    {
        clock_.advance(std::chrono::seconds{1});
        context_.awaitBatches();
    }

private:
    sluice::ManualClock clock_;
    sluice::StreamingContext context_;
};

}  // namespace bench
