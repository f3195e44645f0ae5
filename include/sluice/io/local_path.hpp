#pragma once

#include <sluice/batch/error.hpp>

#include <string>
#include <string_view>

namespace sluice::inline SLUICE_ABI::io {

/// The path on this machine that a text means: a path, `file:/path` or `file:///path`. Whatever names a host or another
/// scheme is `Unsupported`, in the name of who was given it, `scheme:/path` as well.
///
/// ```cpp
/// CHECK(io::localPath({"example"}, "file:///tmp/in") == "/tmp/in");
/// CHECK(io::localPath({"example"}, "logs:today") == "logs:today");
/// CHECK_THROWS_AS(static_cast<void>(io::localPath({"example"}, "hdfs://host/in")), Unsupported);
/// ```
[[nodiscard]] SLUICE_COLD inline std::string localPath(Label const& label, std::string const& text)
{
    std::string_view const rest = text;
    std::size_t scheme = 0;  // of `scheme:/`; a single letter is none
    for (char c = 'a';
         scheme < rest.size() && (c = rest[scheme], (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                                        (scheme > 0 && ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.')));) {
        ++scheme;
    }
    bool const named = scheme >= 2 && rest.substr(scheme).starts_with(":/");
    if (!named && rest.find("://") >= rest.find('/')) return text;
    if (rest.starts_with("file:///")) return text.substr(7);
    if (rest.starts_with("file:/") && !rest.starts_with("file://")) return text.substr(5);
    throw Unsupported{
        sluice::detail::concat({sluice::detail::where(label), ": a path is one of this machine, as /path or file:///path, got ", text,
                                "; others can be mounted"})};
}

}  // namespace sluice::inline SLUICE_ABI::io
