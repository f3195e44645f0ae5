#pragma once

#include <sluice/io/directory.hpp>
#include <sluice/io/local_path.hpp>
#include <sluice/operators/detail/part_files.hpp>
#include <sluice/outputs/foreach_rdd.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Removes what killed processes have left of batches that nobody will write again: path is that of a batch, with a `*` in the place of its
/// time. Where the directory cannot be read nothing can be removed either.
SLUICE_COLD inline void removeAbandonedBatches(std::string const& path)
{
    auto const name = path.rfind('/') + 1;  // npos + 1 is 0
    auto const time = path.rfind('*');
    auto const begin = concat({".", std::string_view{path}.substr(name, time - name)});
    auto const end = concat({std::string_view{path}.substr(time + 1), "."});
    auto const directory = io::parentOf(path);
    auto const isNumber = [](std::string_view text) {
        return !text.empty() && text.find_first_not_of("-.0123456789") == std::string_view::npos;
    };
    try {
        for (auto const& found : io::listNames(directory)) {
            std::string_view const all = found;
            auto const at = all.rfind(end);  // in front of its number
            if (!all.starts_with(begin) || at == std::string_view::npos || at < begin.size()) continue;
            if (!isNumber(all.substr(begin.size(), at - begin.size())) || !isNumber(all.substr(at + end.size()))) continue;
            io::StagedDirectory::removeAbandoned(concat({directory, "/", found}));
        }
    } catch (StreamError const&) {
    }
}

/// Writes each batch to a directory of its own, whole or not at all, by a format as `TextParts` is one; `spelled` is the output's name.
template <class Format>
struct SaveBatch {
    std::string prefix;
    std::string suffix;
    Label label;
    [[no_unique_address]] Format format{};

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
        writeParts(format, batch.node(), directory, label);
        directory.commitOver();
    }
};

template <class Format, class... Asks>
struct SaveBatches : BatchOutputOp<ForeachRDD, SaveBatch<Format>, Asks...> {
    using Base = BatchOutputOp<ForeachRDD, SaveBatch<Format>, Asks...>;

    SaveBatches(std::string const& prefix, std::string suffix, Label where)
        : Base({io::localPath(where, prefix), std::move(suffix), where, {}}, where)
    {
    }

    template <class Node>
    void attach(Node node) const
    {
        node.graph()->addTarget(this->f.pathOf("<ms>"), this->label);
        removeAbandonedBatches(this->f.pathOf("*"));
        if constexpr (requires(Format& format) { format.compression; }) {
            Base mine{*this};
            mine.f.format.compression = node.graph()->compression();
            std::move(mine).attach(std::move(node));
        } else {
            Base::attach(std::move(node));
        }
    }
};

template <class Format, class... Asks>
struct SaveBatchesFn : OperatorFnBase {
    [[nodiscard]] auto operator()(std::string const& prefix, std::string suffix, CallSite at = CallSite::here()) const
    {
        return SaveBatches<Format, Asks...>{prefix, std::move(suffix), {Format::spelled, at}};
    }
    [[nodiscard]] auto operator()(std::string const& prefix, CallSite at = CallSite::here()) const { return (*this)(prefix, {}, at); }
};

}  // namespace sluice::inline SLUICE_ABI::detail
