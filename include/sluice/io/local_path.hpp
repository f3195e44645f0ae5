#pragma once

#include <sluice/batch/error.hpp>

#include <string>

namespace sluice::inline SLUICE_ABI::io {

/// The path on this machine that a text means: a path, `file:/path` or `file:///path`. Whatever names a host or another
/// scheme is `Unsupported`, in the name of who was given it.
///
/// ```cpp
/// CHECK(io::localPath({"example"}, "file:///tmp/in") == "/tmp/in");
/// CHECK_THROWS_AS(static_cast<void>(io::localPath({"example"}, "hdfs://host/in")), Unsupported);
/// ```
[[nodiscard]] SLUICE_COLD inline std::string localPath(Label const& label, std::string const& text)
{
    bool const uri = text.starts_with("file:/");
    if (uri && !text.starts_with("file://")) return text.substr(5);
    if (uri && text.starts_with("file:///")) return text.substr(7);
    auto const scheme = text.find("://");
    if (scheme == std::string::npos || text.find('/') < scheme) return text;
    throw Unsupported{sluice::detail::concat({sluice::detail::where(label), ": a path is one of this machine, as /path or file:///path, got ",
                                              text, "; others can be mounted"})};
}

}  // namespace sluice::inline SLUICE_ABI::io
