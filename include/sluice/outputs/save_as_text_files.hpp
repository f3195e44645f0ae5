#pragma once

#include <sluice/operators/detail/has_text.hpp>
#include <sluice/outputs/detail/save_batches.hpp>

namespace sluice::inline SLUICE_ABI {

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
/// A process that is killed while it writes leaves a hidden directory beside the place: for `out-1000.txt` it is `.out-1000.txt.<i>`,
/// with i counted from 0. Nothing ever reads it; the next program that makes such an output removes it, once its writer is gone
/// (`io::StagedDirectory`), and so does whoever writes the batch again. A batch outlasts a power cut when its output is done: its files are
/// synced before its directory appears, and that before the batch counts as done (with a small batch about a millisecond of a disk's). So
/// with a `checkpoint`, and a source that gives the same again, each record is in the files once.
///
/// ```cpp
/// IntervalClock clock{1s};
/// testing::literalStream<int>(clock, {{7}}) | saveAsTextFiles("/tmp/sluice-files-example", "txt");
/// clock.poll(Time{0s});
/// clock.poll(Time{1s});
/// CHECK(io::exists("/tmp/sluice-files-example-1000.txt/_SUCCESS"));
/// io::removeTree("/tmp/sluice-files-example-1000.txt");
/// ```
inline constexpr detail::SaveBatchesFn<detail::TextParts, detail::HasText> saveAsTextFiles{};

}  // namespace sluice::inline SLUICE_ABI
