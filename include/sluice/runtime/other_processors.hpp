#pragma once

#include <sluice/batch/list.hpp>

#include <pthread.h>
#include <sched.h>

namespace sluice::inline SLUICE_ABI::detail {

/// Keeps threads off the processor of the thread that they help.
///
/// A thread that is woken while no processor is idle yet, since the one that woke the waker has not fallen asleep so far, is queued behind
/// its waker, and stays there until the system looks at its processors again: that may be longer than a batch takes, which has one
/// processor then. So each thread may run on all of its processors but that one, if there are as many as threads. What somebody else says
/// of a thread's processors meanwhile is what counts from then on.
class OtherProcessors {
public:
    SLUICE_COLD void add(pthread_t thread) { threads_.push_back({thread, {}, {}}); }

    /// By the thread that is helped, before it wakes the others: the processor on which it runs.
    void leave(int processor)
    {
        if (processor != left_) [[unlikely]]
            move(processor);
    }

private:
    struct Thread {
        pthread_t thread;
        cpu_set_t own;    // all on which it may run
        cpu_set_t given;  // without that one; none: nothing has been said so far
    };

    [[gnu::cold]] void move(int processor);

    List<Thread> threads_;
    int left_ = -1;
};

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/runtime/other_processors.ipp>
#endif
