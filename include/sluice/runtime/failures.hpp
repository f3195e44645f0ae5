#pragma once

#include <sluice/batch/error.hpp>
#include <sluice/batch/list.hpp>

#include <exception>
#include <mutex>
#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// What failed in one loop over partitions.
template <class = void>
class Failures {
public:
    /// Runs one task; what it throws is kept.
    template <class F>
    void run(std::size_t p, F&& task)
    {
        try {
            task();
        } catch (StreamError& error) {
            error.atPartition(p);
            add(p);
        } catch (...) {
            add(p);
        }
    }

    /// The first in the order of partitions leaves, the others attached to it.
    void rethrow()
    {
        if (first_ != nullptr) rethrowFirst();
    }

private:
    [[noreturn]] SLUICE_COLD void rethrowFirst()
    {
        std::vector<std::exception_ptr> others;
        for (auto const& other : others_) others.push_back(other.error);
        try {
            std::rethrow_exception(first_);
        } catch (StreamError& error) {
            error.attach(std::move(others));
            throw;
        }
    }

    SLUICE_COLD void add(std::size_t p) noexcept
    {
        auto error = std::current_exception();
        std::lock_guard const lock{mutex_};
        if (first_ == nullptr || p < firstPartition_) {
            std::swap(error, first_);
            std::swap(p, firstPartition_);
        }
        if (error == nullptr) return;
        try {
            others_.push_back({p, std::move(error)});
        } catch (...) {
            return;  // without memory the first one must do
        }
        for (auto i = others_.size() - 1; i > 0 && p < others_[i - 1].partition; --i) std::swap(others_[i], others_[i - 1]);
    }

    struct Failure {
        std::size_t partition;
        std::exception_ptr error;
    };

    std::mutex mutex_;
    std::exception_ptr first_;
    std::size_t firstPartition_ = 0;
    List<Failure> others_;  // in the order of partitions
};

}  // namespace sluice::inline SLUICE_ABI::detail
