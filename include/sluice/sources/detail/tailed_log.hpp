#pragma once

#include <sluice/batch/list.hpp>
#include <sluice/sources/detail/followed_file.hpp>
#include <sluice/sources/detail/source_keeper.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// What a path is, and has been: the files that were rotated away and are not read to their ends, the oldest first, then the
/// one that is there.
struct TailedLog : RefCounted {
    explicit TailedLog(std::string name) : path(std::move(name)) {}

    std::string path;
    List<Counted<FollowedFile>> files;
    bool isLive = false;               // the last one is there
    bool isMatched = false;            // by the pattern, in this look
    std::uint64_t startAt = 0;         // where to begin in a file that was there, and could not be opened
    io::FileInfo started;              // that file
    std::vector<io::FileInfo> copies;  // beside it, whose lines are given, or belong to an earlier time
    int told = 0;                      // why it is not read: an errno
    std::string kept;                  // its form, as a checkpoint has it

    /// What is to be known of it after the next start, as bytes.
    [[nodiscard, gnu::cold]] std::string form() const;
    /// It is again what that form says; no file is open.
    [[gnu::cold]] void restore(std::string_view form);
};

/// Bytes of a file that a batch has, and what is needed to read them again as they were read.
struct TailRange {
    std::string log;
    io::FileInfo file;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool isFresh = false;     // at the beginning,
    bool isSkipping = false;  // within a line that is too long there,
    bool skipsOn = false;     // and at the end
    std::string tail;         // the last ones before the end

    [[gnu::cold]] void write(BinaryWriter& to) const;
    [[nodiscard, gnu::cold]] static TailRange read(BinaryReader& from);
};

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/sources/detail/tailed_log.ipp>
#endif
