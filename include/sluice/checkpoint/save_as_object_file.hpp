#pragma once

#include <sluice/checkpoint/save_as_object_files.hpp>
#include <sluice/operators/save_as_text_file.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

struct SaveAsObjectFile : SaveBatchOnce<ObjectParts, HasBinaryForm> {
    using SaveBatchOnce::SaveBatchOnce;
};

}  // namespace detail

/// Write a batch to a directory in the binary form of its records, with their schema, as `saveAsObjectFiles` does each batch of a stream:
/// `objectFile<T>(path)` reads it, also with a later T.
///
/// Action, on batches only. Records are those of `Encodable`, and are never compressed; in all else it is `saveAsTextFile`: a file for each
/// partition, and `_SUCCESS`; the directory appears whole or not at all, also after a power cut; an empty path, and one where there is
/// something already: `InvalidArgument`; what cannot be written: `StreamError`.
///
/// Needs xxHash (`libxxhash-dev`), of which the header alone is used.
///
/// ```cpp
/// io::removeTree("/tmp/sluice-object-example");
/// rdd({1, 2, 3}, 2) | saveAsObjectFile("/tmp/sluice-object-example");
/// CHECK((objectFile<std::int64_t>("/tmp/sluice-object-example") | collect()) == std::vector<std::int64_t>{1, 2, 3});
/// CHECK_THROWS_AS(rdd({1}) | saveAsObjectFile("/tmp/sluice-object-example"), InvalidArgument);
/// io::removeTree("/tmp/sluice-object-example");
/// ```
inline constexpr detail::SaveBatchOnceFn<detail::SaveAsObjectFile> saveAsObjectFile{};

}  // namespace sluice::inline SLUICE_ABI
