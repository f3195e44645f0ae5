#pragma once

#include <sluice/batch/macros.hpp>

#include <cstddef>

namespace sluice::inline SLUICE_ABI::detail {

/// Says when memory that is used again, batch after batch, is far more than they need by now: less than a sixteenth of the
/// largest, eight times one after another. Then it is given back, so that what a batch costs follows what it holds, and not what
/// one before it did; where batches stay as they are nothing is given back, and nothing is allocated.
class Slack {
public:
    Slack() = default;
    /// As one that has said no so many times that they were far more.
    explicit Slack(unsigned times) : times_(times) {}
    [[nodiscard]] unsigned times() const noexcept { return times_; }

    /// A batch has used so many bytes: whether to give back all.
    [[nodiscard]] bool isFar(std::size_t used) noexcept
    {
        if (used > largest_) largest_ = used;
        bool const far = isFar(used, largest_);
        if (far) largest_ = used;
        return far;
    }
    /// For who can say how many bytes are held of which so many are used.
    [[nodiscard]] bool isFar(std::size_t used, std::size_t held) noexcept
    {
        if (held <= little || used > held / 16) {
            times_ = 0;
            return false;
        }
        if (++times_ < patience) return false;
        times_ = 0;
        return true;
    }

private:
    static constexpr std::size_t little = std::size_t{64} * 1024;
    static constexpr unsigned patience = 8;

    std::size_t largest_ = 0;
    unsigned times_ = 0;
};

}  // namespace sluice::inline SLUICE_ABI::detail
