#pragma once

#include <sluice/sources/file_stream.hpp>

namespace sluice::inline SLUICE_ABI {

/// Records of one length from the files that appear in a directory: `binaryRecordsStream(context, directory, length, options)`.
///
/// It is `fileStream` with a `FixedLengthFormat`, which says which files are taken, and what the options mean. Records are
/// `std::string_view`s of `length` bytes into the bytes of the files; they last as long as the batch. One partition for
/// each file. A file of another length than a multiple of it is a `StreamError` that names the file and both. Length 0:
/// `InvalidArgument`.
///
/// ```cpp
/// StreamingContext ssc{{.master = "local[2]"}, 1s};
/// auto samples = binaryRecordsStream(ssc, "/var/spool/samples", 16);
/// static_assert(std::is_same_v<decltype(samples)::Value, std::string_view>);
/// CHECK_THROWS_AS(static_cast<void>(binaryRecordsStream(ssc, "/var/spool/samples", 0)), InvalidArgument);
/// ```
template <class Format = FixedLengthFormat>
[[nodiscard]] auto binaryRecordsStream(Graph const& graph, std::string const& directory, std::size_t length, FileStreamOptions options = {},
                                       CallSite at = CallSite::here())
{
    return detail::filesOf(graph, {"binaryRecordsStream", at}, directory, std::move(options), Format{length});
}

}  // namespace sluice::inline SLUICE_ABI
