#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>

/// A directory for one test, and files in it with the times that the test gives them.
class Temporary {
public:
    Temporary()
    {
        auto text = (std::filesystem::temp_directory_path() / "sluice-XXXXXX").string();
        REQUIRE(::mkdtemp(text.data()) != nullptr);
        path_ = text;
    }
    Temporary(Temporary const&) = delete;
    Temporary& operator=(Temporary const&) = delete;
    ~Temporary() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::string path(std::string const& name = "") const { return name.empty() ? path_ : path_ + '/' + name; }

    std::string makeDirectory(std::string const& name, std::int64_t microseconds = 0) const
    {
        std::filesystem::create_directories(path(name));
        touch(name, microseconds);
        return path(name);
    }

    /// Writes a file, last modified then.
    std::string write(std::string const& name, std::string_view bytes, std::int64_t microseconds) const
    {
        auto* const file = std::fopen(path(name).c_str(), "wb");
        REQUIRE(file != nullptr);
        CHECK(std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size());
        std::fclose(file);
        touch(name, microseconds);
        return path(name);
    }

    void touch(std::string const& name, std::int64_t microseconds) const
    {
        timespec const t{static_cast<time_t>(microseconds / 1'000'000), static_cast<long>(microseconds % 1'000'000 * 1000)};
        timespec const both[2] = {t, t};
        REQUIRE(::utimensat(AT_FDCWD, path(name).c_str(), both, 0) == 0);
    }

    void remove(std::string const& name) const { std::filesystem::remove_all(path(name)); }

private:
    std::string path_;
};
