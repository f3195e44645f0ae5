#pragma once

#include "temporary.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

/// Logs of a program, which appends to them, and how they are rotated; in a temporary directory, or a folder of it.
struct LogFiles {
    Temporary dir;

    explicit LogFiles(std::string folder = "") : folder_(std::move(folder))
    {
        if (!folder_.empty()) dir.makeDirectory(folder_);
    }
    [[nodiscard]] std::string path(std::string const& name) const { return dir.path(folder_.empty() ? name : folder_ + '/' + name); }
    void append(std::string const& name, std::string_view bytes) const
    {
        std::ofstream{path(name), std::ios::binary | std::ios::app} << bytes;
    }
    void rename(std::string const& from, std::string const& to) const { std::filesystem::rename(path(from), path(to)); }
    void truncate(std::string const& name) const { REQUIRE(::truncate(path(name).c_str(), 0) == 0); }
    /// As logrotate's copytruncate.
    void copyAndTruncate(std::string const& name, std::string const& to) const
    {
        std::filesystem::copy_file(path(name), path(to), std::filesystem::copy_options::overwrite_existing);
        truncate(name);
    }

private:
    std::string folder_;
};
