#pragma once

#include <sluice/batch/list.hpp>
#include <sluice/codec/bytes.hpp>
#include <sluice/io/directory.hpp>
#include <sluice/stream/checkpointing.hpp>
#include <sluice/stream/node.hpp>

// Of sources that look for themselves what there is: what a checkpoint keeps of them.

namespace sluice::inline SLUICE_ABI::detail {

/// What is known of a file, but for its path and its device, whose number may be another one when the system has started again.
[[gnu::cold]] void writeFile(BinaryWriter& to, io::FileInfo const& file);
/// A regular file on a device that is not known.
[[nodiscard, gnu::cold]] io::FileInfo readFile(BinaryReader& from, std::string_view path);

/// What changes of what is kept of a source: said by the thread that fixes batches, saved by the one that ends them.
class KeptChanges : public RefCounted {
public:
    [[gnu::cold]] void put(std::string_view key, std::string_view value);
    [[gnu::cold]] void remove(std::string_view key);
    /// The same of changes that were taken from another one.
    [[gnu::cold]] void repeat(std::string_view changes) { changes_ += changes; }
    /// Those since the last batch, as bytes.
    [[nodiscard]] std::string const& current() const { return changes_; }
    /// take(key, value) for each change; without a value it was removed.
    template <class Take>
    static void each(std::string_view changes, Take const& take)
    {
        BinaryReader reader{changes};
        while (reader.left() > 0) {
            auto const key = reader.text();
            if (reader.size() == 0) take(key, std::optional<std::string_view>{});
            else take(key, std::optional{reader.text()});
        }
    }

    /// These changes are of batch t, and that is what it has: the same again after the next start.
    [[gnu::cold]] void fixed(Time t, std::string has);
    /// What batch t has, which was fixed last. False: it was not.
    [[gnu::cold]] bool begun(Time t, std::string& has);
    /// An entry of batch t, which is not done yet, is none any more: by any thread.
    [[gnu::cold]] void undo(Time t, std::string_view key);
    /// Those of the batches up to t.
    [[gnu::cold]] void save(Time t, CheckpointSink& to);
    /// There were none.
    [[gnu::cold]] void clear();

private:
    struct Batch : RefCounted {
        Time time;
        std::string changes;
    };

    std::string changes_;
    std::string has_;
    std::optional<Time> last_;

    std::mutex mutex_;  // over what follows
    List<Counted<Batch>> batches_;
};

/// What keeps a source that has
///
/// - `reopen()`: it goes on where it was, what it has found since it was made counts no more,
/// - `load(key, value)` for each entry, as it has put them into its KeptChanges,
/// - `replay(t, has)`: batch t had that, and is to have it again.
template <class Source>
struct SourceKeeper final : CheckpointedPart {
    SourceKeeper(InputNode const& ofNode, Source& ofSource, Counted<KeptChanges> itsChanges)
        : node(ofNode), source(ofSource), changes(std::move(itsChanges))
    {
    }

    [[nodiscard]] Label const& label() const override { return node.label; }
    [[nodiscard]] std::string name() const override { return node.label.name != nullptr ? node.label.name : ""; }
    SLUICE_COLD void open(Time, std::string_view, std::string_view) override
    {
        changes->clear();
        source.reopen();
    }
    SLUICE_COLD void load(std::string_view key, std::string_view value) override
    {
        BinaryReader{value}.guard(label().kind, [&] { source.load(key, value); });
    }
    SLUICE_COLD void save(Time t, bool, CheckpointSink& to) override { changes->save(t, to); }
    [[nodiscard]] SLUICE_COLD bool begun(Time t, std::string& has) override { return changes->begun(t, has); }
    SLUICE_COLD void replay(Time t, std::string_view has) override
    {
        BinaryReader{has}.guard(label().kind, [&] { source.replay(t, has); });
    }

    InputNode const& node;
    Source& source;
    Counted<KeptChanges> changes;
};

}  // namespace sluice::inline SLUICE_ABI::detail

#ifndef SLUICE_COMPILED
#include <sluice/sources/detail/source_keeper.ipp>
#endif
