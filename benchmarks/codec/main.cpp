#include <sluice/codec/binary.hpp>

#include "../suite.hpp"
#include "../word_count/words.hpp"
#include "handwritten.hpp"

#include <memory>
#include <sstream>
#include <streambuf>
#include <utility>

#if __has_include(<cereal/archives/binary.hpp>)
#include <cereal/archives/binary.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/vector.hpp>
#endif

#ifdef CODEC_WITH_ZSTD
#include <sluice/checkpoint.hpp>
#include <sluice/zstd.hpp>

#include <filesystem>

#include <unistd.h>
#endif

// A million pairs (string, int64) to bytes, and back. All keep the memory of the round before; cereal goes through the stream that it is
// made for, and through one without anything in it but the bytes.

namespace {

using bench::Kind;
using codec::Pairs;

std::uint64_t digest(Pairs const& pairs)
{
    std::uint64_t all = 0;
    for (auto const& [text, number] : pairs) all = all * 0x9e3779b97f4a7c15ULL + bench::mixed(text) + static_cast<std::uint64_t>(number);
    return all;
}

/// A way to bytes, and back.
struct Format {
    char const* name;
    Kind kind;
    void (*write)(Pairs const&, std::string&);
    void (*read)(std::string_view, Pairs&);
};

#if __has_include(<cereal/archives/binary.hpp>)
void throughStringStream(Pairs const& pairs, std::string& out)
{
    std::ostringstream stream;
    cereal::BinaryOutputArchive{stream}(pairs);
    out = std::move(stream).str();
}
void throughStringStream(std::string_view bytes, Pairs& pairs)
{
    std::istringstream stream{std::string{bytes}};
    cereal::BinaryInputArchive{stream}(pairs);
}

/// Writes behind a string.
struct Appends : std::streambuf {
    explicit Appends(std::string& out) : out_(out) {}

protected:
    std::streamsize xsputn(char const* from, std::streamsize size) override
    {
        out_.append(from, static_cast<std::size_t>(size));
        return size;
    }
    int_type overflow(int_type c) override
    {
        out_.push_back(static_cast<char>(c));
        return c;
    }

private:
    std::string& out_;
};
/// Reads where the bytes are.
struct Shows : std::streambuf {
    explicit Shows(std::string_view bytes)
    {
        auto* const begin = const_cast<char*>(bytes.data());
        setg(begin, begin, begin + bytes.size());
    }
};
void throughBareStream(Pairs const& pairs, std::string& out)
{
    out.clear();
    Appends buffer{out};
    std::ostream stream{&buffer};
    cereal::BinaryOutputArchive{stream}(pairs);
}
void throughBareStream(std::string_view bytes, Pairs& pairs)
{
    Shows buffer{bytes};
    std::istream stream{&buffer};
    cereal::BinaryInputArchive{stream}(pairs);
}
#endif

std::vector<Format> formats()
{
    return {
        {"written for it", Kind::hand, codec::write, codec::read},
#if __has_include(<cereal/archives/binary.hpp>)
        {"cereal, string streams", Kind::afternoon, throughStringStream, throughStringStream},
        {"cereal, bare streams", Kind::afternoon, throughBareStream, throughBareStream},
#endif
        {"sluice", Kind::sluice,
         [](Pairs const& pairs, std::string& out) {
             out.clear();
             sluice::BinaryWriter writer{out};
             sluice::encode(pairs, writer);
         },
         [](std::string_view bytes, Pairs& pairs) {
             sluice::BinaryReader reader{bytes};
             sluice::Decoder<Pairs> decoder{sluice::schemaOf<Pairs>()};
             decoder.into(reader, pairs);
         }},
    };
}

void compare(bench::Suite& suite, std::string const& test, Pairs const& pairs)
{
    std::vector<bench::Contestant> writers;
    std::vector<bench::Contestant> readers;
    for (auto const& format : formats()) {
        auto const bytes = std::make_shared<std::string>();
        auto const made = std::make_shared<Pairs>();
        auto const write = [=, &pairs] {
            format.write(pairs, *bytes);
            bench::keep(bytes->size());
        };
        auto const read = [=] {
            format.read(*bytes, *made);
            bench::keep(made->size());
        };
        auto const both = [=] {
            write();
            read();
            return digest(*made);
        };
        writers.push_back({format.kind, format.name, "batch", write, both});
        readers.push_back({format.kind, format.name, "batch", read, both});
    }
    auto const units = static_cast<double>(pairs.size());
    suite.compare({"codec", test + ", to bytes", "pair", units, {{"batch", 1.5}}}, writers);
    suite.compare({"codec", test + ", from bytes", "pair", units, {{"batch", 1.5}}}, readers);
}

#ifdef CODEC_WITH_ZSTD
/// Words as object files, as they are and compressed: CPU time of whoever writes and reads them, and the files' bytes.
void compareFiles(bench::Suite& suite, std::vector<std::string> const& words)
{
    struct Folder {
        std::filesystem::path path = std::filesystem::temp_directory_path() / ("sluice-codec-" + std::to_string(::getpid()));
        Folder() { std::filesystem::create_directories(path); }
        Folder(Folder const&) = delete;
        Folder& operator=(Folder const&) = delete;
        ~Folder() { std::filesystem::remove_all(path); }
    } const folder;
    std::vector<bench::Contestant> writers;
    std::vector<bench::Contestant> readers;
    for (auto const compression : {sluice::Compression::none, sluice::Compression::zstd}) {
        bool const packs = compression == sluice::Compression::zstd;
        auto const path = (folder.path / (packs ? "packed" : "plain")).string();
        auto const write = [=, &words] {
            std::filesystem::remove(path);
            sluice::detail::ObjectWriter file{path, sluice::schemaOf<std::string>(), compression};
            for (auto const& word : words) file.write(word);
            file.sync();
        };
        auto const read = [=] {
            std::uint64_t all = 0;
            sluice::detail::eachObject<std::string>(sluice::detail::RecordReader{path}, 0, [&all](std::string const& word) {
                all = all * 31 + word.size();
                return true;
            });
            bench::keep(all);
            return all;
        };
        auto const both = [=] {
            write();
            return read();
        };
        auto const* const name = packs ? "sluice, zstd" : "sluice";
        writers.push_back({Kind::sluice, name, "batch", write, both});
        readers.push_back({Kind::sluice, name, "batch", [=] { read(); }, both});
    }
    auto const units = static_cast<double>(words.size());
    suite.compare({"codec", "words, to object files", "word", units, {}}, writers);
    suite.compare({"codec", "words, from object files", "word", units, {}}, readers);
    auto const size = [&](char const* name) { return static_cast<double>(std::filesystem::file_size(folder.path / name)); };
    std::printf("note\tcodec\tObject files of %.0f words: %.2f MB, compressed %.2f MB, %.2f of it.\n", units, size("plain") / 1e6,
                size("packed") / 1e6, size("packed") / size("plain"));
}
#endif

}  // namespace

int main(int argc, char** argv)
{
    bench::Suite suite{argc, argv};
    bench::Random random{1};
    Pairs shorts;
    Pairs longs;
    for (std::size_t i = suite.isShort() ? 100'000 : 1'000'000; i > 0; --i) {
        auto const number = static_cast<std::int64_t>(random());
        shorts.emplace_back("key " + std::to_string(random() % 1'000'000), number);
        longs.emplace_back("a longer key, on the heap: " + std::to_string(random() % 1'000'000), number);
    }
    compare(suite, "pairs (string of 10 bytes, int64)", shorts);
    compare(suite, "pairs (string of 33 bytes, int64)", longs);
#ifdef CODEC_WITH_ZSTD
    std::vector<std::string> words;
    for (auto const& line : word_count::makeLines(suite.isShort() ? 15'000 : 150'000, 50'000, 1))
        word_count::forEachWord(line, [&words](std::string_view word) { words.emplace_back(word); });
    compareFiles(suite, words);
#endif
    return suite.exitCode();
}
