#pragma once

#include <sluice/batch/rdd.hpp>
#include <sluice/checkpoint/record_file.hpp>
#include <sluice/codec/binary.hpp>
#include <sluice/codec/compression.hpp>
#include <sluice/io/directory.hpp>
#include <sluice/io/local_path.hpp>
#include <sluice/sources/file_stream.hpp>

#include <optional>
#include <vector>

// Files of values in their binary form. In a file of records (record_file.hpp) stand, one behind another:
//
//   header   1, the text "sluice objects", the version of the format (a size), the values' schema, encoded; of version 2 behind it how
//            values are compressed (a size): 1, by zstd
//   values   2, how many there are (8 bytes), and so many, one behind another; any number of such records. Compressed: one frame of them
//   end      3, how many values there are in all (8 bytes)

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// The most bytes that one value of an object file may take.
inline constexpr std::size_t longestObject = std::size_t{512} << 20;

/// The header of values with a schema.
[[nodiscard, gnu::cold]] std::string objectHeader(Schema const& schema, Compression compression = Compression::none);

/// A record of values, while it grows.
class ValuesRecord {
public:
    static constexpr std::size_t head = 9;  // bytes in front of the first value

    ValuesRecord() { begin(); }

    /// Answers how many bytes the value takes.
    template <class T>
    std::size_t write(T const& value)
    {
        auto const start = writer_->written();
        encode(value, *writer_);
        ++count_;
        return writer_->written() - start;
    }

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return writer_->written(); }

    /// Gives it to take(record), and begins the next.
    template <class Take>
    void finish(Take&& take)
    {
        writer_->finish();
        putNumber(record_.data() + 1, count_);
        take(std::string_view{record_});
        begin();
    }

private:
    [[gnu::cold]] void begin();

    std::string record_;
    std::optional<BinaryWriter> writer_;
    std::uint64_t count_ = 0;
};

/// Writes such a file.
class ObjectWriter {
public:
    /// A new file: there is none of that name yet.
    [[gnu::cold]] ObjectWriter(std::string path, Schema const& schema, Compression compression = Compression::none,
                               std::size_t limit = longestObject);

    template <class T>
    void write(T const& value)
    {
        auto const size = values_.write(value);
        if (size > limit_) failTooLong(size);
        if (values_.bytes() >= full) flush();
    }

    /// Writes what is left, and returns when the bytes of the file outlast a power cut: its name does when its directory is synced.
    [[gnu::cold]] void sync();

private:
    static constexpr std::size_t full = std::size_t{256} << 10;

    [[noreturn, gnu::cold]] void failTooLong(std::size_t size) const;
    [[gnu::cold]] void flush();

    RecordWriter file_;
    Compressor const* compressor_;
    std::size_t limit_;
    ValuesRecord values_;
    std::string packed_;
    std::uint64_t all_ = 0;
};

/// What the records mean, one behind another. What is none of them: `StreamError` that begins with a name.
class ObjectRecords {
public:
    /// Values that are compressed take at most so many bytes, a record of them; 0: none is taken.
    explicit ObjectRecords(std::string name, std::size_t mostUnpacked = longestObject + (std::size_t{1} << 20))
        : name_(std::move(name)), mostUnpacked_(mostUnpacked)
    {
    }

    /// The first record.
    [[gnu::cold]] void begin(std::string_view record);
    [[nodiscard]] Schema const& schema() const noexcept { return schema_; }

    /// Each behind it: it has values, which last as long as it; or, false, it is the end.
    [[gnu::cold]] bool take(std::string_view record);
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }

    /// read() with the name before what codecs throw of it.
    template <class Read>
    decltype(auto) guard(Read&& read) const
    {
        try {
            return read();
        } catch (CodecError const&) {
            failCodec();
        }
    }
    [[noreturn, gnu::cold]] void fail(std::string_view what) const;

    /// The values of the record that was taken, while push(value) answers that it wants more.
    template <class T, class Push>
    void each(Decoder<T>& decoder, Push&& push) const
    {
        BinaryReader reader{bytes_};
        for (auto left = count_; left > 0; --left) {
            auto value = guard([&] { return decoder(reader); });
            if (!push(static_cast<Owned<T>&&>(value))) return;
        }
        guard([&] { failLeft(reader, decoder.written()); });
    }

private:
    [[gnu::cold]] void unpack();
    [[noreturn, gnu::cold]] void failCodec() const;

    std::string name_;
    std::size_t mostUnpacked_;
    Schema schema_;
    Compressor const* compressor_ = nullptr;
    std::string unpacked_;
    std::uint64_t count_ = 0;
    std::uint64_t all_ = 0;
    std::string_view bytes_;
};

/// Reads such a file: the next record, which must be there.
[[nodiscard, gnu::cold]] std::string_view nextRecord(RecordReader& file, ObjectRecords const& records, std::string_view missing);

/// The values of a file from one on, while take(value) answers that it wants more; answers behind which it stopped.
template <class T, class Take>
std::size_t eachObject(RecordReader file, std::size_t from, Take&& take)
{
    ObjectRecords records{concat({"sluice::objectFile: ", file.path()})};
    records.begin(nextRecord(file, records, "it is empty, and so no object file"));
    auto decoder = records.guard([&] { return Decoder<T>{records.schema()}; });
    std::size_t at = 0;
    bool more = true;
    while (more && records.take(nextRecord(file, records, "it has been cut: its end is missing"))) {
        if (at + records.count() <= from) at += static_cast<std::size_t>(records.count());
        else records.each(decoder, [&](Owned<T>&& value) { return ++at <= from || (more = take(static_cast<Owned<T>&&>(value))); });
    }
    return at;
}

/// The files of a path, or of a pattern, in order: it may be files, and directories that `saveAsObjectFiles` has written.
[[nodiscard, gnu::cold]] std::vector<std::string> objectFilesOf(std::string const& path, Label const& label);

/// The values of files, a partition for each.
template <class T>
class Objects {
public:
    using Record = Owned<T>;
    static constexpr bool stored = false;
    static constexpr bool stable = true;

    explicit Objects(Counted<Box<std::vector<std::string>>> files) : files_(std::move(files)) {}

    [[nodiscard]] static constexpr bool resumable() { return true; }
    [[nodiscard]] std::size_t partitions() const { return files_->value.size(); }
    [[nodiscard]] static constexpr bool isEmpty(std::size_t) { return false; }
    [[nodiscard]] static constexpr InlinePlace place() { return {}; }
    void prepare() const {}

    template <class Sink>
    std::size_t each(std::size_t p, std::size_t from, Sink& sink) const
    {
        Sink local = static_cast<Sink&&>(sink);
        auto const end =
            eachObject<T>(RecordReader{files_->value[p]}, from, [&](Owned<T>&& value) { return local(static_cast<Owned<T>&&>(value)); });
        sink = static_cast<Sink&&>(local);
        return end;
    }

private:
    Counted<Box<std::vector<std::string>>> files_;
};

template <class T>
consteval bool readsObjects()
{
    static_assert(Decodable<Owned<T>>,
                  "sluice: the records of object files must have a binary form: specialise sluice::EncodedAs for what has none");
    return Decodable<Owned<T>>;
}

}  // namespace detail

/// The format of object files, for file streams: `fileStream<ObjectFormat<T>>(context, "/out/words-*")` reads what `saveAsObjectFiles` has
/// written, each directory as it appears. Records are owned; they may have been written with an earlier T, as far as a `Decoder` reads it.
///
/// ```cpp
/// IntervalClock clock{1s};
/// auto words = fileStream<ObjectFormat<std::string>>(clock, "/tmp/words-*");
/// static_assert(std::is_same_v<decltype(words)::Value, std::string>);
/// ```
template <class T>
struct ObjectFormat {
    [[nodiscard]] std::vector<Owned<T>> operator()(std::string_view bytes, std::string_view path) const
    {
        std::vector<Owned<T>> all;
        if constexpr (detail::readsObjects<T>()) {
            if (bytes.empty() && path.ends_with("/_SUCCESS")) return all;
            detail::eachObject<T>(detail::RecordReader{std::string{path}, bytes}, 0, [&](Owned<T>&& value) {
                all.push_back(static_cast<Owned<T>&&>(value));
                return true;
            });
        }
        return all;
    }
};

/// The records of object files, as a batch: `objectFile<T>(path)`. The path is a directory that `saveAsObjectFiles` has written, one file of
/// it, or a pattern of such (`/out/words-*`). A partition for each file, in the order of the bytes of their paths.
///
/// The files are listed at the call, and read by each action, a part at a time. T may be another type than they were written with, as far as a
/// `Decoder` reads it; text is owned. Nothing is there, or a directory is not whole: `StreamError`. A file that is of other types, of which
/// the text names both, none of these, damaged, or cut: `StreamError`, by the action, which names it. One that is compressed, where the program
/// does not include `<sluice/zstd.hpp>`: `Unsupported`.
///
/// ```cpp
/// io::removeTree("/tmp/sluice-objects-example-1000");
/// IntervalClock clock{1s};
/// testing::literalStream<std::pair<std::string, int>>(clock, {{{"to", 2}, {"be", 1}}}) | saveAsObjectFiles("/tmp/sluice-objects-example");
/// clock.poll(Time{0s});
/// clock.poll(Time{1s});
/// // In another program, where it is a long:
/// auto const words = objectFile<std::pair<std::string, long>>("/tmp/sluice-objects-example-1000");
/// CHECK((words | values() | sum()) == 3);
/// io::removeTree("/tmp/sluice-objects-example-1000");
/// ```
template <class T>
[[nodiscard]] auto objectFile(std::string const& path, CallSite at = CallSite::here())
{
    if constexpr (detail::readsObjects<T>()) {
        Label const label{"objectFile", at};
        auto files = detail::makeCounted<detail::Box<std::vector<std::string>>>(detail::objectFilesOf(path, label));
        return detail::rddOf(detail::Objects<T>{std::move(files)});
    } else {
        return detail::Refused{};
    }
}

}  // namespace sluice::inline SLUICE_ABI

#include <sluice/checkpoint/object_file.ipp>
