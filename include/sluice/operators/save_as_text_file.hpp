#pragma once

#include <sluice/io/local_path.hpp>
#include <sluice/operators/detail/has_text.hpp>
#include <sluice/operators/detail/part_files.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Writes a batch, in a format as TextParts is one, to a directory that is not there yet, and appears whole or not at all.
template <class Format, class Ask>
struct SaveBatchOnce : ActionBase, Needs<Ask> {
    std::string path;
    Label label;

    SaveBatchOnce(std::string const& where, CallSite at) : label{Format::once, at}
    {
        path = io::localPath(label, where);
        if (path.empty()) throw InvalidArgument{concat({detail::where(label), ": the path must not be empty"})};
    }

    template <class S>
    static consteval void misplaced()
    {
        static_assert(isRDD<S>,
                      "sluice::saveAsTextFile(path), saveAsObjectFile(path): must stand behind a batch; in a stream write "
                      "saveAsTextFiles(prefix), saveAsObjectFiles(prefix)");
    }

    template <class Up>
    void run(Up const& up) const
    {
        if (io::exists(path)) throw InvalidArgument{concat({where(label), ": ", path, " exists already"})};
        runIn(label, [&] {
            io::StagedDirectory directory{path};
            writeParts(Format{}, up, directory, label);
            directory.commit();
        });
    }
};
template <class Op>
struct SaveBatchOnceFn : OperatorFnBase {
    [[nodiscard]] auto operator()(std::string const& path, CallSite at = CallSite::here()) const { return Op{path, at}; }
};
struct SaveAsTextFile : SaveBatchOnce<TextParts, HasText> {
    using SaveBatchOnce::SaveBatchOnce;
};

}  // namespace detail

/// Write a batch to a directory: `part-00000`, `part-00001`, … one for each partition, empty ones too, with the text form of
/// one record a line, and `_SUCCESS`. The directory appears whole or not at all: it is written beside its place under a
/// hidden name, and renamed. Directories that lead to it are made.
///
/// Action, on batches only: in a stream use the output `saveAsTextFiles`. Records are those of `Textual`; partitions are
/// written at the same time where there are workers. The path is one of this machine, as `/path` or `file:///path`: a host
/// or another scheme is `Unsupported`. An empty path, and one where there is something already: `InvalidArgument` that
/// names it. What cannot be written: `StreamError` that names this operator, the partition, the file and the cause.
///
/// A process that is killed while it writes leaves the hidden directory beside the path: for `out` it is `.out.<i>`, with i counted from
/// 0. Nothing ever reads it; whoever writes to that path next removes it, once its writer is gone (`io::StagedDirectory`). The directory
/// is whole, or not there, after a power cut, too, and there when the action has returned.
///
/// ```cpp
/// io::removeTree("/tmp/sluice-save-example");
/// rdd({std::pair{"to"s, 2}, std::pair{"be"s, 1}}, 2) | saveAsTextFile("/tmp/sluice-save-example");
/// CHECK(io::exists("/tmp/sluice-save-example/part-00001"));
/// CHECK_THROWS_AS(rdd({1}) | saveAsTextFile("/tmp/sluice-save-example"), InvalidArgument);
/// io::removeTree("/tmp/sluice-save-example");
/// ```
inline constexpr detail::SaveBatchOnceFn<detail::SaveAsTextFile> saveAsTextFile{};

}  // namespace sluice::inline SLUICE_ABI
