#pragma once

#include <sluice/checkpoint/object_file.hpp>

#include <utility>

namespace sluice::inline SLUICE_ABI::detail {

enum class ObjectRecord : std::uint8_t { header = 1, values, end };

inline constexpr std::string_view objectMagic = "sluice objects";
inline constexpr std::uint64_t objectVersion = 2;  // 1 where nothing is compressed: earlier versions of the library read that

[[nodiscard, gnu::cold]] inline std::string objectHeader(Schema const& schema, Compression compression)
{
    bool const isPacked = compression != Compression::none;
    std::string record;
    BinaryWriter writer{record};
    writer.number(static_cast<std::uint8_t>(ObjectRecord::header));
    writer.text(objectMagic);
    writer.size(isPacked ? objectVersion : 1);
    schema.encode(writer);
    if (isPacked) writer.size(static_cast<std::size_t>(compression));
    writer.finish();
    return record;
}

[[gnu::cold]] inline void ValuesRecord::begin()
{
    writer_.reset();
    record_.clear();
    writer_.emplace(record_);
    writer_->number(static_cast<std::uint8_t>(ObjectRecord::values));
    writer_->number(count_ = 0);
}

[[gnu::cold]] inline ObjectWriter::ObjectWriter(std::string path, Schema const& schema, Compression compression, std::size_t limit)
    : file_(std::move(path)), compressor_(compressorOf(compression, concat({file_.path(), " is to be compressed"}))), limit_(limit)
{
    file_.append(objectHeader(schema, compression));
}

[[gnu::cold]] inline void ObjectWriter::flush()
{
    all_ += values_.count();
    values_.finish([this](std::string_view record) {
        if (compressor_ == nullptr) return file_.append(record);
        packed_ = record.substr(0, ValuesRecord::head);
        compressor_->pack(record.substr(ValuesRecord::head), packed_);
        file_.append(packed_);
    });
    file_.write();
}

[[gnu::cold]] inline void ObjectWriter::sync()
{
    if (values_.count() > 0) flush();
    std::string record;
    {
        BinaryWriter writer{record};
        writer.number(static_cast<std::uint8_t>(ObjectRecord::end));
        writer.number(all_);
    }
    file_.append(record);
    file_.sync();
}

[[noreturn, gnu::cold]] inline void ObjectWriter::failTooLong(std::size_t size) const
{
    throw StreamError{concat(
        {"a record of ", Digits{size}.text(), " bytes for ", file_.path(), ": in an object file one has at most ", Digits{limit_}.text()})};
}

[[gnu::cold]] inline void ObjectRecords::begin(std::string_view record)
{
    BinaryReader reader{record};
    guard([&] {
        reader.guard("the header", [&] {
            if (reader.number<std::uint8_t>() != static_cast<std::uint8_t>(ObjectRecord::header) || reader.text() != objectMagic) {
                fail("it has no objects");
            }
            auto const version = reader.size();
            if (version > objectVersion) fail("it was written by a newer version of the library");
            schema_ = Schema::decode(reader);
            if (version == 1) return;
            if (reader.size() != static_cast<std::size_t>(Compression::zstd))
                fail("it is compressed in a way that this version does not know");
            if (mostUnpacked_ == 0) fail("it is compressed, which is not taken here");
            compressor_ = compressorOf(Compression::zstd, concat({name_, ": it is compressed"}));
        });
    });
}

[[gnu::cold]] inline bool ObjectRecords::take(std::string_view record)
{
    BinaryReader reader{record};
    return guard([&] {
        return reader.guard("a record", [&] {
            auto const kind = reader.number<std::uint8_t>();
            count_ = reader.number<std::uint64_t>();
            bytes_ = reader.bytes(reader.left());
            if (kind == static_cast<std::uint8_t>(ObjectRecord::values)) {
                all_ += count_;
                if (compressor_ != nullptr) unpack();
                return true;
            }
            if (kind != static_cast<std::uint8_t>(ObjectRecord::end) || count_ != all_) {
                BinaryReader::fail(reader.begin(), "neither values, nor the end behind as many as it tells");
            }
            return false;
        });
    });
}

[[gnu::cold]] inline void ObjectRecords::unpack()
{
    try {
        bytes_ = compressor_->unpack(bytes_, mostUnpacked_, unpacked_);
    } catch (StreamError const& error) {
        fail(error.what());
    }
}

[[noreturn, gnu::cold]] inline void ObjectRecords::fail(std::string_view what) const { throw StreamError{concat({name_, ": ", what})}; }
[[noreturn, gnu::cold]] inline void ObjectRecords::failCodec() const
{
    std::throw_with_nested(StreamError{concat({name_, ": ", errorText(std::current_exception())})});
}

[[nodiscard, gnu::cold]] inline std::string_view nextRecord(RecordReader& file, ObjectRecords const& records, std::string_view missing)
{
    if (!file.next()) records.fail(file.damage().empty() ? missing : std::string_view{file.damage()});
    return file.record();
}

[[nodiscard, gnu::cold]] inline std::vector<std::string> objectFilesOf(std::string const& given, Label const& label)
{
    auto const pattern = io::localPath(label, given);
    std::vector<std::string> files;
    auto const paths = io::matchPaths(pattern);
    for (auto const& path : paths) {
        auto const kind = io::lookAt(path).kind;
        if (kind == io::FileKind::unknown) throw StreamError{label, concat({"there is no ", path})};
        if (kind != io::FileKind::directory) {
            files.push_back(path);
            continue;
        }
        if (!io::exists(path + "/_SUCCESS")) throw StreamError{label, concat({path, " is not whole: it has no file _SUCCESS"})};
        for (auto const& name : io::listNames(path)) {
            if (name.starts_with("part-")) files.push_back(concat({path, path.ends_with('/') ? "" : "/", name}));
        }
    }
    if (paths.empty()) throw StreamError{label, concat({"nothing matches ", pattern})};
    return files;
}

}  // namespace sluice::inline SLUICE_ABI::detail
