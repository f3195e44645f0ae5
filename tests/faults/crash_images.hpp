#pragma once

#include "dying.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

// What a power cut may leave of a directory. The operations of a life are recorded (recording.hpp). At each moment between two of them the
// file system keeps for certain what was synced: of a file's bytes what stood there when the file was synced last, of a directory's names
// those that it had when the directory was. Of all else it keeps what it will, as file systems are free to (Pillai et al., "All File Systems
// Are Not Created Equal", OSDI 2014, section 3): names and bytes in another order than they were made in, bytes by sectors of 512, and lengths
// without their bytes, which are zeros then. Not what ext4 and XFS exclude: half a rename, half a sector, or bytes of another file.
//
// Each of these images is a directory in which the program goes on, and what it promises must hold. A number of them is recorded, too,
// while the program recovers, and cut off there.

/// What becomes of the bytes of one file that are not synced.
struct Hole {
    std::uint64_t begin = 0;  // from here
    std::uint64_t end = ~std::uint64_t{0};
    bool grows = false;  // though the bytes are missing, the length is there
};

/// What is left of the first operations of a recording.
struct CrashImage {
    std::size_t operations = 0;
    std::set<std::size_t> lost{};         // of them
    std::map<std::size_t, Hole> holes{};  // by node
    std::string kind{};
    std::uint64_t hash = 0;

    [[nodiscard]] Tree tree(Recording const& recording) const
    {
        auto all = recording.start();
        for (std::size_t i = 0; i < operations; ++i) {
            if (lost.contains(i)) continue;
            auto const& operation = recording.operations()[i];
            auto const hole = holes.find(operation.node);
            if (operation.kind != Operation::Kind::write || hole == holes.end() || isSynced(recording, i)) operation.applyTo(all);
            else writeAround(hole->second, operation, all[operation.node].bytes);
        }
        return all;
    }
    /// Whether an operation is followed by the sync that keeps it.
    [[nodiscard]] bool isSynced(Recording const& recording, std::size_t i) const
    {
        auto const& all = recording.operations();
        auto const node = all[i].isOfNames() ? all[i].directory : all[i].node;
        return std::any_of(all.begin() + static_cast<std::ptrdiff_t>(i), all.begin() + static_cast<std::ptrdiff_t>(operations),
                           [&](Operation const& later) { return later.kind == Operation::Kind::sync && later.node == node; });
    }
    [[nodiscard]] std::string text(Recording const& recording) const
    {
        auto all = kind + ", behind operation " + std::to_string(operations);
        for (auto const& [node, hole] : holes) {
            all += "; #" + std::to_string(node) + " without bytes " + std::to_string(hole.begin) + " to " + std::to_string(hole.end) +
                   (hole.grows ? ", zeros" : ", cut");
        }
        for (std::size_t i = 0; i < operations; ++i) {
            auto const& operation = recording.operations()[i];
            if (operation.kind == Operation::Kind::sync) all += "\n  " + operation.text();
            else all += (lost.contains(i) ? "\n- " : isSynced(recording, i) ? "\n  " : "\n? ") + operation.text();
        }
        return all;
    }

private:
    static void writeAround(Hole const& hole, Operation const& write, std::string& file)
    {
        auto const end = write.at + write.bytes.size();
        auto const part = [&](std::uint64_t from, std::uint64_t to) {
            from = std::max(from, write.at);
            to = std::min(to, end);
            if (from >= to) return;
            if (file.size() < to) file.resize(to);
            file.replace(from, to - from, write.bytes, from - write.at, to - from);
        };
        part(0, hole.begin);
        part(hole.end, end);
        if (hole.grows && file.size() < end) file.resize(end);
    }
};

/// All images of a recording, each once: what is there, and what was known outside.
class CrashImages {
public:
    explicit CrashImages(Recording const& recording) : recording_(recording)
    {
        for (std::size_t n = 0; n <= recording.operations().size(); ++n) behind(n);
    }
    [[nodiscard]] std::vector<CrashImage>& all() { return all_; }

private:
    using Lost = std::set<std::size_t>;
    struct Names {
        Lost lost;
        char const* kind;
    };
    struct Bytes {
        Lost lost;
        std::optional<Hole> hole;
        char const* text;
    };

    void behind(std::size_t n)
    {
        CrashImage const whole{.operations = n};
        Lost names;
        std::map<std::size_t, Lost> files;
        for (std::size_t i = 0; i < n; ++i) {
            auto const& operation = recording_.operations()[i];
            if (operation.kind == Operation::Kind::sync || whole.isSynced(recording_, i)) continue;
            if (operation.isOfNames()) names.insert(i);
            else files[operation.node].insert(i);
        }
        Lost bytes;
        for (auto const& [node, its] : files) bytes.insert(its.begin(), its.end());
        for (auto const& kept : namesOf(names)) {
            auto const add = [&](Lost lost, std::map<std::size_t, Hole> holes, std::string kind) {
                lost.insert(kept.lost.begin(), kept.lost.end());
                CrashImage image{n, std::move(lost), std::move(holes), std::move(kind) + kept.kind};
                if (isNew(image)) all_.push_back(std::move(image));
            };
            add({}, {}, "all bytes");
            if (!bytes.empty()) add(bytes, {}, "no bytes");
            for (auto const& [node, its] : files) {
                for (auto const& kind : bytesOf(its)) {
                    std::map<std::size_t, Hole> holes;
                    if (kind.hole) holes[node] = *kind.hole;
                    add(kind.lost, holes, kind.text);
                    if (files.size() == 1) continue;
                    auto others = kind.lost;
                    std::set_difference(bytes.begin(), bytes.end(), its.begin(), its.end(), std::inserter(others, others.end()));
                    add(others, holes, kind.text);
                }
            }
        }
    }
    [[nodiscard]] static std::vector<Names> namesOf(Lost const& all)
    {
        std::vector<std::size_t> const one(all.begin(), all.end());
        std::vector<Names> kinds{{{}, ", all names"}};
        auto const n = one.size();
        auto const begins = [&](Lost const& lost) { return lost == Lost(one.end() - static_cast<std::ptrdiff_t>(lost.size()), one.end()); };
        auto const add = [&](Lost lost) {
            if (lost.empty()) return;
            auto const* const kind = begins(lost) ? ", last names lost" : ", names in another order";
            kinds.push_back({std::move(lost), kind});
        };
        if (n <= 5) {
            for (std::size_t bits = 1; bits < std::size_t{1} << n; ++bits) {
                Lost lost;
                for (std::size_t i = 0; i < n; ++i) {
                    if ((bits >> i & 1) != 0) lost.insert(one[i]);
                }
                add(std::move(lost));
            }
            return kinds;
        }
        for (std::size_t i = 0; i < n; ++i) {
            add(Lost(one.begin() + static_cast<std::ptrdiff_t>(i), one.end()));
            if (i + 1 < n) add({one[i]});
            if (i == 0) continue;
            auto others = all;
            others.erase(one[i]);
            add(others);
        }
        return kinds;
    }
    [[nodiscard]] std::vector<Bytes> bytesOf(Lost const& all) const
    {
        std::vector<Bytes> kinds;
        std::uint64_t first = ~std::uint64_t{0};
        std::uint64_t end = 0;
        for (auto const i : all) {
            auto const& operation = recording_.operations()[i];
            if (operation.kind == Operation::Kind::write) {
                first = std::min(first, operation.at);
                end = std::max(end, operation.at + operation.bytes.size());
            }
            if (all.size() == 1) break;
            if (i != *all.begin()) kinds.push_back({Lost(all.find(i), all.end()), {}, "last operations lost"});
            kinds.push_back({{i}, {}, "an operation lost, later ones there"});
        }
        constexpr std::uint64_t sector = 512;
        for (auto at = first / sector * sector; at < end; at += sector) {
            if (at > first) kinds.push_back({{}, Hole{at, ~std::uint64_t{0}, false}, "torn"});
            kinds.push_back({{}, Hole{at, ~std::uint64_t{0}, true}, at > first ? "zeros behind a sector" : "zeros"});
            if (at + sector < end) kinds.push_back({{}, Hole{at, at + sector, true}, "a sector missing"});
        }
        return kinds;
    }
    [[nodiscard]] bool isNew(CrashImage& image)
    {
        auto const tree = image.tree(recording_);
        std::string all;
        add(all, tree, 0);
        auto const& known = recording_.known(image.operations);
        all.append(reinterpret_cast<char const*>(&known), sizeof known);
        image.hash = std::hash<std::string>{}(all);
        return seen_.insert(image.hash).second;
    }
    static void add(std::string& to, Tree const& tree, std::size_t number)
    {
        auto const& node = tree[number];
        if (!node.isDirectory) to += std::to_string(node.bytes.size()) + ':' + node.bytes;
        for (auto const& [name, child] : node.names) {
            to += name + (tree[child].isDirectory ? "/{" : "=");
            add(to, tree, child);
        }
        to += '}';
    }

    Recording const& recording_;
    std::set<std::uint64_t> seen_;
    std::vector<CrashImage> all_;
};

inline void writeTree(Tree const& tree, std::size_t number, std::filesystem::path const& path)
{
    if (!tree[number].isDirectory) {
        std::ofstream{path, std::ios::binary} << tree[number].bytes;
        return;
    }
    std::filesystem::create_directories(path);
    for (auto const& [name, child] : tree[number].names) writeTree(tree, child, path / name);
}

/// Goes on from images of lives. run(life) and verify(folder, isWhole) are those of killAtEach.
template <class Run, class Verify>
class PowerCuts {
public:
    struct Options {
        std::size_t most = ~std::size_t{0};  // images of a life
        std::size_t nested = 0;              // of them, whose recovery is cut off, too
        std::size_t mostNested = 0;          // images of such a recovery
        bool goesOn = false;                 // where one fails
    };

    PowerCuts(unsigned seed, Options options, Run const& run, Verify const& verify)
        : random_(seed), options_(options), run_(run), verify_(verify)
    {
        syncsNothing = true;
        foreseen = &random_;
    }
    PowerCuts(PowerCuts const&) = delete;
    PowerCuts& operator=(PowerCuts const&) = delete;
    ~PowerCuts()
    {
        syncsNothing = false;
        foreseen = nullptr;
    }

    /// The first lives of a directory end well, and the images are of the one behind them.
    void of(Life const& life, int livesBefore)
    {
        Folder const folder{"life-" + kindOf(life)};
        outside = {};
        for (int i = 0; i < livesBefore; ++i) run_(Life{folder.path, 1, "inline", life.seed});
        Recording recording{folder.path};
        run_(Life{folder.path, life.batches, "inline", life.seed});
        recording.finish();
        goOn(recording, options_.most, options_.nested, life);
    }
    void report() const
    {
        long images = 0;
        for (auto const& [kind, n] : images_) {
            images += n;
            if (auto const failed = failures_.find(kind); failed != failures_.end()) {
                std::printf("  %ld of %ld failed: %s\n", failed->second, n, kind.c_str());
            } else if (options_.most > 10000) {
                std::printf("  %ld %s\n", n, kind.c_str());
            }
        }
        std::printf("%ld crash images\n", images);
    }

private:
    static constexpr int batchesBehind = 2;

    /// What programs tell the kinds of lives by, as the last letter of a folder.
    static std::string kindOf(Life const& life) { return std::to_string(life.seed % 2); }
    /// As many as may be, of each kind.
    std::vector<CrashImage> sample(std::vector<CrashImage> all, std::size_t most)
    {
        std::shuffle(all.begin(), all.end(), random_);
        if (all.size() <= most) return all;
        std::map<std::string, std::size_t> seen;
        std::vector<std::pair<std::size_t, std::size_t>> order;  // how many of its kind stand before it, and where it stands
        for (std::size_t i = 0; i < all.size(); ++i) order.emplace_back(seen[all[i].kind]++, i);
        std::sort(order.begin(), order.end());
        std::vector<CrashImage> some;
        for (std::size_t i = 0; i < most; ++i) some.push_back(std::move(all[order[i].second]));
        return some;
    }
    void goOn(Recording const& recording, std::size_t most, std::size_t nested, Life const& life)
    {
        auto const images = sample(std::move(CrashImages{recording}.all()), most);
        for (auto const& image : images) ++images_[image.kind];
        std::set<std::size_t> failed;
        // In a process of its own: it may end with it.
        static auto& at =
            *::new (::mmap(nullptr, sizeof(std::size_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) std::size_t{};
        for (at = 0; at < images.size(); ++at) {
            std::fflush(nullptr);
            auto const child = ::fork();
            require(child >= 0, std::string{"fork: "} + std::strerror(errno));
            if (child == 0) {
                for (; at < images.size(); ++at) check(recording, images[at], life);
                ::_exit(0);
            }
            int status = 0;
            require(::waitpid(child, &status, 0) == child, std::string{"waitpid: "} + std::strerror(errno));
            if (WIFEXITED(status) && WEXITSTATUS(status) == 0) break;
            ++failures_[images[at].kind];
            failed.insert(at);
            if (!options_.goesOn) require(false, "it does not go on from what a power cut has left: " + images[at].text(recording));
        }
        for (std::size_t i = 0; i < nested && i < images.size(); ++i) {
            if (failed.contains(i)) continue;
            Folder const folder{"recovered-" + kindOf(life)};
            writeTree(images[i].tree(recording), 0, folder.path);
            outside = recording.known(images[i].operations);
            Recording again{folder.path};
            run_(Life{folder.path, batchesBehind, "inline", life.seed});
            again.finish();
            goOn(again, options_.mostNested, 0, life);
        }
    }
    void check(Recording const& recording, CrashImage const& image, Life const& life) const
    {
        if (options_.goesOn) ::alarm(60);
        Folder const folder{"image-" + kindOf(life)};
        writeTree(image.tree(recording), 0, folder.path);
        outside = recording.known(image.operations);
        try {
            verify_(folder.path, false);
            run_(Life{folder.path, batchesBehind, "inline", life.seed});
            verify_(folder.path, true);
        } catch (std::exception const& error) {
            require(false, error.what());
        }
    }

    std::mt19937 random_;
    Options options_;
    Run const& run_;
    Verify const& verify_;
    std::map<std::string, long> images_;
    std::map<std::string, long> failures_;
};

/// Of a program's main(): images of a life of so many batches, a bounded number of them by a seed that stands here, or, where the first
/// argument is "images", all, by the seed that is the second. Answers whether that was all that was asked for. Where the second is "count", it
/// is told how many fail, of which kind.
template <class Run, class Verify>
bool cutPower(int argc, char** arguments, int batches, Run const& run, Verify const& verify)
{
    bool const isAll = argc > 1 && std::string_view{arguments[1]} == "images";
    if (argc > 1 && !isAll) return false;
    auto const second = argc > 2 ? std::string{arguments[2]} : "1";
    bool const counts = second == "count";
    using Options = typename PowerCuts<Run, Verify>::Options;
    auto const options = counts ? Options{1000, 10, 50, true} : isAll ? Options{.nested = 20, .mostNested = 100} : Options{60, 2, 10};
    PowerCuts<Run, Verify> cuts{counts ? 1U : static_cast<unsigned>(std::stoul(second)), options, run, verify};
    // A new directory, and one that has so many starts behind it that the next one makes an image of its logs; of both kinds.
    for (int const livesBefore : {0, 9}) {
        for (unsigned const seed : {2U, 3U}) cuts.of({.folder = {}, .batches = batches, .seed = seed}, livesBefore);
    }
    cuts.report();
    return isAll;
}
