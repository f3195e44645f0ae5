#pragma once

#include <sluice/checkpoint/checkpoint_store.hpp>
#include <sluice/codec/schema.hpp>
#include <sluice/io/local_path.hpp>

namespace sluice::inline SLUICE_ABI {

/// What a directory of checkpoints holds: see `checkpointInfo`.
///
/// ```cpp
/// CHECK(CheckpointInfo{}.states.empty());
/// ```
struct CheckpointInfo {
    /// A state, or where a source stands: then the texts of its types are empty, and it has one key.
    struct State {
        std::string name;
        std::string keyType;    ///< the schema, as `Schema::toString()` writes it
        std::string stateType;  ///< of `mapWithState` with the time of the last touch behind it
        std::size_t keys = 0;
        std::uint64_t bytes = 0;  ///< of all keys and states, encoded

        [[nodiscard]] bool isSource() const noexcept { return keyType.empty(); }
    };
    struct File {
        std::string name;
        std::uint64_t bytes = 0;
        std::uint64_t records = 0;  ///< that are whole, of the checkpoint's own files
        std::string damage{};       ///< why what stands behind them is none
    };

    std::optional<Time> last{};          ///< the batch that was committed last
    std::vector<Time> unfinished{};      ///< those behind it that had begun
    std::vector<State> states{};         ///< in the order in which they were first heard of
    std::vector<File> files{};           ///< in the order of the bytes of their names
    std::vector<std::string> damages{};  ///< what could not be read, and what is told in its place
};

namespace detail {

[[gnu::cold]] inline CheckpointInfo::File infoOfFile(std::string const& directory, std::string const& name)
{
    auto const path = concat({directory, "/", name});
    CheckpointInfo::File file{name, io::lookAt(path).size};
    if (!name.starts_with("image-") && !name.starts_with("log-")) return file;
    try {
        RecordReader reader{path};
        while (reader.next()) ++file.records;
        file.damage = reader.damage();
    } catch (StreamError const& error) {
        if (!io::exists(path)) throw;
        file.damage = error.what();
    }
    return file;
}
[[gnu::cold]] inline void addFiles(CheckpointInfo& info, std::string const& directory)
{
    for (auto const& name : io::listNames(directory)) info.files.push_back(infoOfFile(directory, name));
}

[[gnu::cold]] inline CheckpointInfo infoOfCheckpoint(std::string const& directory)
{
    CheckpointInfo info;
    addFiles(info, directory);
    auto const typeOf = [](std::string const& schema) { return schema.empty() ? schema : Schema::decode(schema).toString(); };
    CheckpointReader const reader{directory, [&](std::string const& text) { info.damages.push_back(text); }};
    if (reader.empty()) return info;
    info.last = reader.last().time;
    for (auto const& batch : reader.unfinished()) info.unfinished.push_back(batch.time);
    for (auto const& state : reader.states()) {
        info.states.push_back({state.name, typeOf(state.keySchema), typeOf(state.stateSchema)});
        auto& last = info.states.back();
        reader.each(state.name, [&](std::string_view key, std::string_view value) {
            ++last.keys;
            last.bytes += key.size() + value.size();
        });
    }
    return info;
}

}  // namespace detail

/// What a directory of checkpoints holds: its states by name, batches, files, and what is damaged. It is read only, also while a program
/// writes there, which does not notice.
///
/// Damaged parts are named in the answer; where nothing whole is left, they are all that it has beside the files. A directory without
/// checkpoints has none of them. There is no such directory, or it cannot be read: `StreamError`.
///
/// ```cpp
/// io::removeTree("/tmp/sluice-info-example");
/// {
///     StreamingContext ssc{{.master = "inline"}, 1s};
///     checkpoint(ssc, "/tmp/sluice-info-example");
/// }
/// auto const info = checkpointInfo("/tmp/sluice-info-example");
/// CHECK(!info.last);  // no batch is done yet
/// CHECK(info.files.front().name == "lock");
/// CHECK(info.damages.empty());
/// io::removeTree("/tmp/sluice-info-example");
/// ```
[[nodiscard, gnu::cold]] inline CheckpointInfo checkpointInfo(std::string const& directory, CallSite at = CallSite::here())
{
    Label const label{"checkpointInfo", at};
    auto const path = io::localPath(label, directory);
    if (io::lookAt(path).kind != io::FileKind::directory) throw StreamError{label, detail::concat({"there is no directory ", path})};
    try {
        return detail::readWhileWritten(path, [&] { return detail::infoOfCheckpoint(path); });
    } catch (StreamError const& error) {  // nothing whole is left
        CheckpointInfo info;
        detail::addFiles(info, path);
        info.damages.emplace_back(error.what());
        return info;
    }
}

}  // namespace sluice::inline SLUICE_ABI
