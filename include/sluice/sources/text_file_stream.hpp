#pragma once

#include <sluice/sources/file_stream.hpp>

namespace sluice::inline SLUICE_ABI {

/// Lines of the text files that appear in a directory: `textFileStream(context, directory, options)`.
///
/// It is `fileStream<TextFormat>`, which says which files are taken, and what the options mean. Records are
/// `std::string_view`s into the bytes of the files, without their end (LF or CRLF); they last as long as the batch. A last
/// line without end is a line. The byte order mark of UTF-8 is no part of the first one. One partition for each file. Files whose names
/// say that they are compressed are unpacked (`.gz`, where the program includes <sluice/gzip.hpp>) or refused.
///
/// ```cpp
/// StreamingContext ssc{{.master = "local[2]"}, 1s};
/// auto lines = textFileStream(ssc, "file:///var/spool/in");
/// static_assert(std::is_same_v<decltype(lines)::Value, std::string_view>);
/// CHECK(lines.slideDuration() == 1s);
/// ```
template <class Format = TextFormat>
[[nodiscard]] auto textFileStream(Graph const& graph, std::string const& directory, FileStreamOptions options = {},
                                  CallSite at = CallSite::here())
{
    return detail::filesOf(graph, {"textFileStream", at}, directory, std::move(options), Format{});
}

}  // namespace sluice::inline SLUICE_ABI
