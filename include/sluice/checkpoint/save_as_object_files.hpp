#pragma once

#include <sluice/checkpoint/object_file.hpp>
#include <sluice/outputs/detail/save_batches.hpp>

namespace sluice::inline SLUICE_ABI {

namespace detail {

struct HasBinaryForm {
    template <class Up>
    static constexpr bool holds = Encodable<ValueOf<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(
            holds<Up>,
            "sluice::saveAsObjectFiles(prefix), saveAsObjectFile(path): the records must have a binary form: specialise sluice::EncodedAs "
            "for their type");
    }
};

struct ObjectSink {
    ObjectWriter* file;
    Label const* label;

    template <class R>
    bool operator()(R&& record)
    {
        runIn(*label, [&] { file->write(record); });
        return true;
    }
};

/// A format as `TextParts` is one.
struct ObjectParts {
    static constexpr char const* spelled = "saveAsObjectFiles";
    static constexpr char const* once = "saveAsObjectFile";

    Compression compression{};

    template <class Up>
    void write(Up const& up, std::size_t p, std::string path, Label const& label) const
    {
        ObjectWriter file{std::move(path), schemaOf<ValueOf<Up>>(), compression};
        ObjectSink sink{&file, &label};
        up.each(p, 0, sink);
        file.sync();
    }
};

}  // namespace detail

/// Output: write each batch to a directory of its own, `prefix-<ms>[.suffix]`, in the binary form of its records, with their schema:
/// `saveAsObjectFiles(prefix, suffix = "")`. `objectFile<T>(path)` reads it as a batch, `fileStream<ObjectFormat<T>>` as a stream, also with a
/// later T. In all else it is `saveAsTextFiles`: a file `part-00000`, … for each partition, and `_SUCCESS`; a directory appears whole or
/// not at all, also after a power cut, and a batch that is run again replaces its own.
///
/// Records are those of `Encodable`, and take at most 512 MiB each: a longer one fails the job, as a `StreamError` that names the limit. The
/// format is a promise, as that of `encode`: later versions of the library read it. Each record of a file has a checksum. Where
/// `Config::compression` says so they are compressed, and the files tell it.
///
/// Needs xxHash (`libxxhash-dev`), of which the header alone is used.
///
/// ```cpp
/// IntervalClock clock{1s};
/// testing::literalStream<int>(clock, {{7}}) | saveAsObjectFiles("/tmp/sluice-numbers-example");
/// clock.poll(Time{0s});
/// clock.poll(Time{1s});
/// CHECK((objectFile<int>("/tmp/sluice-numbers-example-1000") | collect()) == std::vector{7});
/// io::removeTree("/tmp/sluice-numbers-example-1000");
/// ```
inline constexpr detail::SaveBatchesFn<detail::ObjectParts, detail::HasBinaryForm> saveAsObjectFiles{};

}  // namespace sluice::inline SLUICE_ABI
