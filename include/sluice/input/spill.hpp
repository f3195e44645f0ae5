#pragma once

#include <sluice/batch/counted.hpp>

#include <cstdint>
#include <string>
#include <string_view>

// What is received beyond the bound of a store and goes to a disk: the seam to who writes there, `spill()` of <sluice/storage.hpp>. A store
// that has none waits.

namespace sluice::inline SLUICE_ABI::detail {

/// A block of a batch that lies on a disk.
struct SpilledBlock : Disposable {
    /// Its bytes, in a buffer whose memory is used again.
    [[nodiscard]] virtual std::string_view read(std::string& buffer) const = 0;

    std::size_t bytes = 0;     // that it has there
    std::int64_t records = 0;  // or lines
};

}  // namespace sluice::inline SLUICE_ABI::detail
