#pragma once

#include <sluice/checkpoint/checkpoint.hpp>
#include <sluice/io/directory.hpp>

namespace sluice::inline SLUICE_ABI::detail {

/// Puts aside what a directory has where nothing whole is left of it, so that a program may begin anew. Says what it has done, or nothing.
[[gnu::cold]] inline std::string putAsideUnreadable(std::string const& directory)
{
    if (!io::exists(directory)) return {};
    io::DirectoryLock const lock{directory};
    std::string cause;
    try {
        CheckpointReader const reader{directory, [](std::string const&) {}};
        return {};
    } catch (StreamError const& error) {
        cause = error.what();
    }
    std::string aside;
    for (std::size_t i = 1;; ++i) {
        aside = concat({directory, "/unreadable-", Digits{i}.text()});
        if (::mkdir(aside.c_str(), 0777) == 0) break;
        if (errno != EEXIST) io::detail::failAt("making the directory", aside, errno);
    }
    auto const move = [&](std::string_view name) {
        auto const from = concat({directory, "/", name});
        if (::rename(from.c_str(), concat({aside, "/", name}).c_str()) != 0) io::detail::failAt("moving", from, errno);
    };
    // Who is killed meanwhile leaves what cannot be read either: all reading begins with the newest image, or with the first log.
    auto const files = CheckpointFiles::in(directory);
    if (!files.logs.empty() && files.logs.front() == 1) move("log-1");
    for (auto const number : files.images) move(concat({"image-", Digits{static_cast<std::size_t>(number)}.text()}));
    for (auto const& name : io::listNames(directory)) {
        if (name != "lock" && !name.starts_with("unreadable-")) move(name);
    }
    io::syncDirectory(aside);
    io::syncDirectory(directory);
    return concat({"what was in ", directory, " lies in ", aside, " now, and the program begins anew: ", cause});
}

/// Keeps a context in a directory, unless it is already.
[[gnu::cold]] inline void keepIn(std::string const& directory, StreamingContext& context, Label const& label)
{
    auto const* const keeper = context.core()->checkpointing();
    if (keeper == nullptr) return checkpoint(context, directory, {}, label.at);
    if (keeper->directory().empty()) {
        throw InvalidArgument{
            concat({where(label), ": it was called with ", directory, ", and what lasts in the context that create makes is kept by ",
                    where(context.core()->checkpointingLabel())})};
    }
    auto const kept = io::lookAt(keeper->directory());
    auto const wanted = io::lookAt(directory);
    if (kept.inode == wanted.inode && kept.device == wanted.device) return;
    throw InvalidArgument{
        concat({where(label), ": it was called with ", directory, ", and create keeps the context in ", keeper->directory()})};
}

/// What `StreamingContext::getOrCreate` does.
///
/// ```cpp
/// auto const create = [] {
///     auto context = std::make_unique<StreamingContext>(Config{.master = "inline", .log = silent}, 1s);
///     constantStream(*context, rdd({std::pair{"a"s, 1}})) |
///         updateStateByKey([](std::vector<int> const& values, std::optional<int> sum) {
///             return std::optional{sum.value_or(0) + values.front()};
///         }) | named("sums") | checkpoint() | foreachRDD([](auto const&) {});
///     return context;
/// };
/// io::removeTree("/tmp/sluice-recovery-example");
/// for (int starts = 0; starts < 2; ++starts) {
///     auto const context = StreamingContext::getOrCreate("/tmp/sluice-recovery-example", create);
///     context->start();
///     context->stop();
/// }
/// io::removeTree("/tmp/sluice-recovery-example");
/// ```
template <class Create>
struct Recovery {
    using Made = CreatedBy<Create>;

    static constexpr bool isPointer = std::is_pointer_v<Made> || requires(Made const& made) {
        { *made.get() } -> std::convertible_to<StreamingContext&>;
    };
    static constexpr bool makesContext = std::is_convertible_v<Made, StreamingContext&> || isPointer;

    static Made getOrCreate(std::string const& directory, Create& create, bool createOnError, CallSite at)
    {
        static_assert(
            makesContext,
            "sluice::StreamingContext::getOrCreate(directory, create): create must return a std::unique_ptr or a std::shared_ptr to a "
            "StreamingContext, a StreamingContext&, or a StreamingContext*");
        Label const label{"StreamingContext::getOrCreate", at};
        if (directory.empty()) throw InvalidArgument{concat({where(label), ": the directory has no name"})};
        auto const path = io::localPath(label, directory);
        auto const aside = createOnError ? putAsideUnreadable(path) : std::string{};
        auto const finish = [&](StreamingContext& context) {
            keepIn(path, context, label);
            if (!aside.empty()) context.core()->log({LogLevel::error, label, {}, aside});
        };
        if constexpr (isPointer) {
            auto made = create();
            if (!made) throw InvalidArgument{concat({where(label), ": create has returned no context"})};
            finish(*made);
            return made;
        } else if constexpr (makesContext) {
            StreamingContext& made = create();
            finish(made);
            return made;
        } else {
            return create();
        }
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
