#pragma once

#include <sluice/io/file.hpp>

namespace sluice::inline SLUICE_ABI::io {

/// Writes a file whole, in the place of one that may be there, so that it outlasts a power cut: whoever looks, at any moment and
/// after a crash at any moment, finds what was there or these bytes. They are written under a hidden name beside it, `.name.new`, synced,
/// renamed, and the directory is synced. One process at a time writes a file.
///
/// What fails is a `StreamError` that names the file and the cause; what was there is there still, unless it is the directory's sync
/// that failed: then it may be either.
///
/// ```cpp
/// io::replaceFile("/tmp/sluice-replace-example", "bytes");
/// io::replaceFile("/tmp/sluice-replace-example", "others");
/// CHECK(io::FileBytes{"/tmp/sluice-replace-example"}.view() == "others");
/// io::removeTree("/tmp/sluice-replace-example");
/// ```
SLUICE_COLD inline void replaceFile(std::string const& path, std::string_view bytes)
{
    auto const directory = parentOf(path);
    auto const name = path.rfind('/') + 1;  // npos + 1 is 0
    auto const staged = sluice::detail::concat({std::string_view{path}.substr(0, name), ".", std::string_view{path}.substr(name), ".new"});
    if (::unlink(staged.c_str()) != 0 && errno != ENOENT) detail::failAt("removing", staged, errno);  // of a process that was killed
    FileWriter file{staged};
    try {
        file.write(bytes);
        file.sync();
        file.close();
        if (::rename(staged.c_str(), path.c_str()) != 0) detail::failAt("making the file", path, errno);
    } catch (...) {
        ::unlink(staged.c_str());
        throw;
    }
    syncDirectory(directory);
}

}  // namespace sluice::inline SLUICE_ABI::io
