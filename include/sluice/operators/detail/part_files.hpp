#pragma once

#include <sluice/batch/rdd.hpp>
#include <sluice/codec/text.hpp>
#include <sluice/io/file.hpp>

// What outputs and actions share that write a batch to a directory: a file for each partition, and `_SUCCESS`.

namespace sluice::inline SLUICE_ABI::detail {

/// Writes the text of records, one a line.
struct TextLines {
    io::FileWriter* file;
    Label const* label;

    template <class R>
    bool operator()(R&& record)
    {
        runIn(*label, [&] {
            appendText(file->buffer(), record);
            file->buffer() += '\n';
            file->flushIfFull();
        });
        return true;
    }
};

/// The format of text files. A format has write(up, p, path, label): the file of a partition, synced; and, where it compresses, a member
/// `compression`.
struct TextParts {
    static constexpr char const* spelled = "saveAsTextFiles";
    static constexpr char const* once = "saveAsTextFile";

    template <class Up>
    static void write(Up const& up, std::size_t p, std::string path, Label const& label)
    {
        io::FileWriter file{std::move(path)};
        TextLines sink{&file, &label};
        up.each(p, 0, sink);
        file.sync();
        file.close();
    }
};

/// `part-00000`.
SLUICE_COLD inline std::string partName(std::size_t p)
{
    Digits const digits{p};
    return concat({"part-", std::string_view{"00000"}.substr(digits.text().size() < 5 ? digits.text().size() : 5), digits.text()});
}

/// Writes each partition to a file of its own, and `_SUCCESS` when all are there.
template <class Format, class Up>
void writeParts(Format const& format, Up const& up, io::StagedDirectory const& directory, Label const& label)
{
    up.prepare();
    up.place().run(
        up.partitions(), [](std::size_t) { return false; },
        [&](std::size_t p) { runIn(label, [&] { format.write(up, p, directory.path(partName(p)), label); }); });
    io::FileWriter{directory.path("_SUCCESS")}.close();
}

}  // namespace sluice::inline SLUICE_ABI::detail
