#pragma once

#include <sluice/operators/save_as_text_file.hpp>
#include <sluice/outputs/foreach_rdd.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// What is written for one batch.
struct SaveTextBatch {
    std::string prefix;
    std::string suffix;
    Label label;

    [[nodiscard]] SLUICE_COLD std::string pathOf(std::string_view time) const
    {
        return concat({prefix, prefix.empty() ? "" : "-", time, suffix.empty() ? "" : ".", suffix});
    }

    template <class T, class Node>
    void operator()(RDD<T, Node> batch, Time t) const
    {
        auto const text = t.toString();  // "1500 ms"
        auto const path = pathOf(std::string_view{text}.substr(0, text.find(' ')));
        // A batch that is run again writes the same again. What is no such directory is not ours to remove.
        if (io::exists(path) && !io::exists(path + "/_SUCCESS")) {
            throw StreamError{label, concat({path, " exists already, and is not what an earlier run of this batch has written"})};
        }
        io::StagedDirectory directory{path};
        writeTextFiles(batch.node(), directory, label);
        directory.commitOver();
    }
};

struct SaveAsTextFiles : BatchOutputOp<ForeachRDD, SaveTextBatch, HasText> {
    SaveAsTextFiles(std::string const& prefix, std::string suffix, Label where)
        : BatchOutputOp({io::localPath(where, prefix), std::move(suffix), where}, where)
    {
    }

    template <class Node>
    void attach(Node node) const
    {
        node.graph()->addTarget(f.pathOf("<ms>"), label);
        BatchOutputOp::attach(std::move(node));
    }
};

struct SaveAsTextFilesFn : OperatorFnBase {
    [[nodiscard]] auto operator()(std::string const& prefix, std::string suffix, CallSite at = CallSite::here()) const
    {
        return SaveAsTextFiles{prefix, std::move(suffix), {"saveAsTextFiles", at}};
    }
    [[nodiscard]] auto operator()(std::string const& prefix, CallSite at = CallSite::here()) const { return (*this)(prefix, {}, at); }
};

}  // namespace detail

/// Output: write each batch to a directory of its own, `prefix-<ms>[.suffix]`: `saveAsTextFiles(prefix, suffix = "")`. ms is
/// the batch time in milliseconds (with a fraction where it has one); an empty prefix gives `<ms>` alone. In it are
/// `part-00000`, … one for each partition, with the text form of one record a line, and `_SUCCESS`.
///
/// Written for empty batches too; nothing where there is *no RDD*. A directory appears whole or not at all; a batch that is
/// run again replaces its own. Two outputs of one context with one prefix and suffix would overwrite each other: the second
/// is refused at the call, as `InvalidArgument`. The prefix begins as a path of this machine, or as `file:///path`; a host
/// or another scheme is `Unsupported`. What cannot be written, or what else is in the directory's place, fails the job, as a
/// `StreamError` that names this output, the partition, the file and the cause.
///
/// A process that is killed while it writes leaves a hidden directory beside the place: for `out-1000.txt` it is
/// `.out-1000.txt.<pid>.<i>`, with i counted from 0. Nothing ever reads it; it may be deleted. Nothing is synced to the
/// disk: what a crash of the whole machine leaves, also of a directory that had appeared, is the file system's affair.
///
/// ```cpp
/// IntervalClock clock{1s};
/// testing::literalStream<int>(clock, {{7}}) | saveAsTextFiles("/tmp/sluice-files-example", "txt");
/// clock.poll(Time{0s});
/// clock.poll(Time{1s});
/// CHECK(io::exists("/tmp/sluice-files-example-1000.txt/_SUCCESS"));
/// io::removeTree("/tmp/sluice-files-example-1000.txt");
/// ```
inline constexpr detail::SaveAsTextFilesFn saveAsTextFiles{};

}  // namespace sluice::inline SLUICE_ABI
