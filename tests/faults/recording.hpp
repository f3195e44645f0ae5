#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// What a process does to the files of a directory, operation by operation: what is made of it when the power is cut is crash_images.hpp's.

/// What is known outside of the processes that are killed, of what they were told or have shown: whatever becomes of them, it must hold.
struct Outside {
    std::int64_t written = 0;    // milliseconds of the newest batch whose output is done
    std::int64_t committed = 0;  // of the newest batch that was committed for certain before that one ran
    std::int64_t told = 0;       // up to which number a source was told that it is stored
    std::int64_t pushed = 0;     // the last number that a channel was given
    std::int64_t inBatches = 0;  // of what the source was told, those that a batch was run behind
};
/// One for all processes that have been forked.
inline Outside& outside = *::new (::mmap(nullptr, sizeof(Outside), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Outside{};

struct Node {
    bool isDirectory = false;
    std::string bytes{};
    std::map<std::string, std::size_t> names{};  // what a directory has, by its number
};
/// The first one is the root. What has no name any more is still there.
using Tree = std::vector<Node>;

struct Operation {
    enum class Kind { make, remove, rename, exchange, write, truncate, sync } kind;
    std::size_t node;           // that is made, removed, renamed, written to, synced
    std::size_t directory = 0;  // of the names
    std::string name{};         // of the first four
    std::string to{};           // of renames
    std::size_t other = 0;      // node that is exchanged
    std::uint64_t at = 0;       // where it is written, or cut
    std::string bytes{};        // that are written
    Outside known{};            // before it

    [[nodiscard]] bool isOfNames() const { return kind <= Kind::exchange; }
    [[nodiscard]] bool isOfBytes() const { return kind == Kind::write || kind == Kind::truncate; }
    void applyTo(Tree& tree) const
    {
        auto& names = tree[directory].names;
        auto const forget = [&](std::string const& old) {
            if (auto const found = names.find(old); found != names.end() && found->second == node) names.erase(found);
        };
        switch (kind) {
            case Kind::make: names[name] = node; break;
            case Kind::remove: forget(name); break;
            case Kind::rename: forget(name), names[to] = node; break;
            case Kind::exchange: names[name] = other, names[to] = node; break;
            case Kind::write:
                if (tree[node].bytes.size() < at + bytes.size()) tree[node].bytes.resize(at + bytes.size());
                tree[node].bytes.replace(at, bytes.size(), bytes);
                break;
            case Kind::truncate: tree[node].bytes.resize(at); break;
            case Kind::sync: break;
        }
    }
    [[nodiscard]] std::string text() const
    {
        static constexpr char const* kinds[] = {"make", "remove", "rename", "exchange", "write", "truncate", "sync"};
        auto all = std::string{kinds[static_cast<int>(kind)]} + " #" + std::to_string(node);
        if (isOfNames()) all += " in #" + std::to_string(directory) + ' ' + name + (to.empty() ? "" : " to " + to);
        if (isOfBytes()) all += " at " + std::to_string(at) + ", " + std::to_string(bytes.size()) + " bytes";
        return all;
    }
};

/// All that is done in a directory from its begin on, as long as this is there: one at a time.
class Recording {
public:
    explicit Recording(std::string root) : root_(std::move(root))
    {
        now_.push_back({.isDirectory = true});
        struct stat status;
        ::stat(root_.c_str(), &status);
        device_ = status.st_dev;
        numbers_[status.st_ino] = 0;
        take(0, root_);
        start_ = now_;
        current() = this;
    }
    Recording(Recording const&) = delete;
    Recording& operator=(Recording const&) = delete;
    ~Recording() { finish(); }
    void finish()
    {
        std::lock_guard const lock{mutex_};
        if (current() == this) current() = nullptr;
        end_ = outside;
    }

    [[nodiscard]] Tree const& start() const { return start_; }
    [[nodiscard]] std::vector<Operation> const& operations() const { return operations_; }
    /// What was known when so many operations were done, and the next one was not begun.
    [[nodiscard]] Outside const& known(std::size_t operations) const
    {
        return operations < operations_.size() ? operations_[operations].known : end_;
    }

    /// Around the system's call: nobody else's is between it and what it is recorded as.
    class Call {
    public:
        Call()
        {
            mutex_.lock();
            recording_ = current();
            if (recording_ != nullptr) recording_->known_ = outside;
            else mutex_.unlock();
        }
        Call(Call const&) = delete;
        Call& operator=(Call const&) = delete;
        ~Call()
        {
            if (recording_ != nullptr) mutex_.unlock();
        }
        explicit operator bool() const { return recording_ != nullptr; }
        Recording* operator->() const { return recording_; }

    private:
        Recording* recording_;
    };

    void made(std::string_view path, bool isDirectory)
    {
        auto const place = placeOf(path);
        struct stat status;
        if (!place || ::lstat(std::string{path}.c_str(), &status) != 0) return;
        auto const number = now_.size();
        now_.push_back({.isDirectory = isDirectory});
        start_.push_back({.isDirectory = isDirectory});
        numbers_[status.st_ino] = number;
        add({.kind = Operation::Kind::make, .node = number, .directory = place.directory, .name = place.name});
    }
    void removed(std::string_view path)
    {
        if (auto const place = placeOf(path)) {
            add({.kind = Operation::Kind::remove, .node = nodeAt(place), .directory = place.directory, .name = place.name});
        }
    }
    void renamed(std::string_view from, std::string_view to, bool exchanges = false)
    {
        auto const old = placeOf(from);
        auto const place = placeOf(to);
        if (!old) return;
        if (old.directory != place.directory) std::terminate();  // it is not known what that leaves
        auto const kind = exchanges ? Operation::Kind::exchange : Operation::Kind::rename;
        add({.kind = kind,
             .node = nodeAt(old),
             .directory = old.directory,
             .name = old.name,
             .to = place.name,
             .other = exchanges ? nodeAt(place) : 0});
    }
    void written(int fd, off_t at, void const* bytes, ssize_t size)
    {
        std::size_t node = 0;
        if (size <= 0 || !find(fd, node)) return;
        add({.kind = Operation::Kind::write,
             .node = node,
             .at = static_cast<std::uint64_t>(at),
             .bytes = std::string{static_cast<char const*>(bytes), static_cast<std::size_t>(size)}});
    }
    void truncated(int fd, off_t size)
    {
        std::size_t node = 0;
        if (find(fd, node)) add({.kind = Operation::Kind::truncate, .node = node, .at = static_cast<std::uint64_t>(size)});
    }
    void synced(int fd)
    {
        std::size_t node = 0;
        if (find(fd, node)) add({.kind = Operation::Kind::sync, .node = node});
    }

private:
    struct Place {
        std::size_t directory = 0;
        std::string name{};
        explicit operator bool() const { return !name.empty(); }
    };

    static Recording*& current()
    {
        static Recording* one = nullptr;
        return one;
    }
    void take(std::size_t number, std::string const& path)
    {
        for (auto const& found : std::filesystem::directory_iterator{path}) {
            auto const child = now_.size();
            now_.push_back({.isDirectory = found.is_directory()});
            now_[number].names[found.path().filename().string()] = child;
            struct stat status;
            ::lstat(found.path().c_str(), &status);
            numbers_[status.st_ino] = child;
            if (found.is_directory()) take(child, found.path().string());
            else now_[child].bytes.assign(std::istreambuf_iterator<char>{std::ifstream{found.path()}.rdbuf()}, {});
        }
    }
    [[nodiscard]] Place placeOf(std::string_view path) const
    {
        if (!path.starts_with(root_ + '/')) return {};
        path.remove_prefix(root_.size() + 1);
        Place place;
        for (auto slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
            auto const& names = now_[place.directory].names;
            auto const found = names.find(std::string{path.substr(0, slash)});
            if (found == names.end()) return {};
            place.directory = found->second;
            path.remove_prefix(slash + 1);
        }
        place.name = path;
        return place;
    }
    [[nodiscard]] std::size_t nodeAt(Place const& place) const { return now_[place.directory].names.at(place.name); }
    [[nodiscard]] bool find(int fd, std::size_t& node) const
    {
        struct stat status;
        if (::fstat(fd, &status) != 0 || status.st_dev != device_) return false;
        auto const found = numbers_.find(status.st_ino);
        if (found == numbers_.end()) return false;
        node = found->second;
        return true;
    }
    void add(Operation operation)
    {
        operation.known = known_;
        operation.applyTo(now_);
        operations_.push_back(std::move(operation));
    }

    inline static std::mutex mutex_;

    std::string root_;
    dev_t device_ = 0;
    std::map<ino_t, std::size_t> numbers_;  // of the nodes that are there
    Tree start_;                            // with room for what is made later
    Tree now_;
    std::vector<Operation> operations_;
    Outside known_;
    Outside end_;
};
