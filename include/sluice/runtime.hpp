#pragma once

// What runs a stream: contexts, clocks, job generator, scheduler, workers, receivers, listener bus.

#include <sluice/runtime/accumulator.hpp>
#include <sluice/runtime/batch_runner.hpp>
#include <sluice/runtime/broadcast.hpp>
#include <sluice/runtime/context.hpp>
#include <sluice/runtime/failures.hpp>
#include <sluice/runtime/hosted_workers.hpp>
#include <sluice/runtime/interval_clock.hpp>
#include <sluice/runtime/job_scheduler.hpp>
#include <sluice/runtime/lateness.hpp>
#include <sluice/runtime/listener_bus.hpp>
#include <sluice/runtime/listeners.hpp>
#include <sluice/runtime/log.hpp>
#include <sluice/runtime/manual_clock.hpp>
#include <sluice/runtime/other_processors.hpp>
#include <sluice/runtime/pid_rate_estimator.hpp>
#include <sluice/runtime/rate_limiter.hpp>
#include <sluice/runtime/receiver_host.hpp>
#include <sluice/runtime/small_mutex.hpp>
#include <sluice/runtime/statistics_listener.hpp>
#include <sluice/runtime/stats_report_listener.hpp>
#include <sluice/runtime/stop_on_scope_exit.hpp>
#include <sluice/runtime/stop_on_signal.hpp>
#include <sluice/runtime/streaming_context.hpp>
#include <sluice/runtime/streaming_engine.hpp>
#include <sluice/runtime/system_clock.hpp>
#include <sluice/runtime/workers.hpp>
