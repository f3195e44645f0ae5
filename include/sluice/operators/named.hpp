#pragma once

#include <sluice/stream/dstream.hpp>

#include <string_view>

namespace sluice::inline SLUICE_ABI {

namespace detail {

struct Named : StreamOpBase, Needs<> {
    std::string_view text;
    Label label;

    constexpr Named(std::string_view name, CallSite at) : text(name), label{"named", at} {}

    template <class Node>
    auto attach(Node node) const
    {
        if (text.empty()) throw InvalidArgument{concat({where(label), ": the name is empty"})};
        Label const target = node.label();
        node.name(node.graph()->addName(text, {target.kind, target.at, {}}));
        return streamOf(static_cast<Node&&>(node));
    }
};

struct NamedFn : OperatorFnBase {
    [[nodiscard]] constexpr auto operator()(std::string_view name, CallSite at = CallSite::here()) const { return Named{name, at}; }
};

}  // namespace detail

/// Give the operator before it a name: for errors, pages and, later, its state.
///
/// On streams only; changes nothing else. A name that is given twice is refused at `start` (`InvalidArgument`), an empty
/// one at once. It is kept until the process ends, once for all who have it: errors may outlive all else. In a stored pipeline the text
/// must live as long as the pipeline.
///
/// ```cpp
/// IntervalClock clock{1s};
/// RDDQueue<int> queue;
/// auto doubled = queueStream(clock, queue) | map([](int x) { return 2 * x; }) | named("doubled");
/// CHECK(std::string_view{doubled.node().label().name} == "doubled");
/// ```
inline constexpr detail::NamedFn named{};

}  // namespace sluice::inline SLUICE_ABI
