#pragma once

#include <semaphore>
#include <thread>

namespace bench {

/// Another thread that waits: a program by hand that has two does not start one for each batch.
class SecondThread {
public:
    SecondThread() : thread_([this] { serve(); }) {}
    SecondThread(SecondThread const&) = delete;
    SecondThread& operator=(SecondThread const&) = delete;
    ~SecondThread()
    {
        call_ = nullptr;
        asked_.release();
        thread_.join();
    }

    /// Calls f(0) here and f(1) there, and returns when both have.
    template <class F>
    void both(F&& f)
    {
        call_ = [](void* what) { (*static_cast<std::remove_reference_t<F>*>(what))(1); };
        what_ = &f;
        asked_.release();
        f(0);
        done_.acquire();
    }

private:
    void serve()
    {
        for (;;) {
            asked_.acquire();
            if (call_ == nullptr) return;
            call_(what_);
            done_.release();
        }
    }

    void (*call_)(void*) = nullptr;
    void* what_ = nullptr;
    std::binary_semaphore asked_{0};
    std::binary_semaphore done_{0};
    std::thread thread_;
};

}  // namespace bench
