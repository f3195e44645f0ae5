#pragma once

#include <sluice/stream/dstream.hpp>

#include <string>
#include <vector>

namespace sluice::inline SLUICE_ABI {

namespace detail {

/// Steps and edges as text, a line each; of those that are marked, if any is. A template, so that it is compiled where
/// something is described.
template <class = void>
class Description {
public:
    template <class Steps, class Edges>
    SLUICE_COLD Description(Steps const& steps, Edges const& edges)
        : steps_(steps.begin(), steps.end()), edges_(edges.begin(), edges.end()), behind_(steps_.size() + 1), from_(edges_.size())
    {
        for (auto const& edge : edges_) ++behind_[edge.second];
        std::size_t sum = 0;
        for (auto& count : behind_) count = sum += count;
        for (auto i = edges_.size(); i-- > 0;) from_[--behind_[edges_[i].second]] = edges_[i].first;
    }

    /// Leaves out what does not lead to this step.
    SLUICE_COLD Description& of(std::size_t last)
    {
        shown_ = leadingTo([last](std::size_t step) { return step == last; });
        return *this;
    }

    [[nodiscard]] SLUICE_COLD std::string text() const
    {
        auto const used = leadingTo([this](std::size_t step) { return steps_[step].kind == DrawnStep::output; });
        auto const width = std::to_string(steps_.size()).size();
        std::string out;
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            if (!isShown(i)) continue;
            auto const number = std::to_string(i + 1);
            out.append(width - number.size(), ' ').append(number).append(" ").append(titleOf(i, {" \"", "\"", " [", "]", " (", ")"}));
            auto separator = " <- ";
            for (auto e = behind_[i]; e < behind_[i + 1]; ++e) {
                out.append(separator).append(std::to_string(from_[e] + 1));
                separator = ", ";
            }
            if (steps_[i].kind == DrawnStep::narrow) out += ", fused";
            if (shown_.empty() && !used[i]) out += ", leads to no output";
            out += '\n';
        }
        return out;
    }

    [[nodiscard]] SLUICE_COLD std::string dot() const
    {
        static constexpr char const* shapes[] = {"ellipse", "box, style=rounded", "box", "octagon"};
        std::string out = "digraph sluice {\n  node [fontname=\"sans-serif\"];\n";
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            if (!isShown(i)) continue;
            out.append("  s").append(std::to_string(i + 1)).append(" [label=\"");
            for (char const c : titleOf(i, {"\n", "", "\n", "", "\n", ""})) {
                if (c == '"' || c == '\\') out += '\\';
                if (c == '\n') out += "\\n";
                else out += c;
            }
            out.append("\", shape=").append(shapes[steps_[i].kind]).append("];\n");
        }
        for (auto const& [from, to] : edges_) {
            if (isShown(from) && isShown(to))
                out.append("  s").append(std::to_string(from + 1)).append(" -> s").append(std::to_string(to + 1)).append(";\n");
        }
        return out += "}\n";
    }

private:
    [[nodiscard]] bool isShown(std::size_t step) const { return shown_.empty() || shown_[step]; }

    /// Edges lead to later steps.
    template <class IsLast>
    [[nodiscard]] std::vector<char> leadingTo(IsLast const& isLast) const
    {
        std::vector<char> marked(steps_.size(), 0);
        for (auto i = steps_.size(); i-- > 0;) {
            if (isLast(i)) marked[i] = 1;
            if (!marked[i]) continue;
            for (auto e = behind_[i]; e < behind_[i + 1]; ++e) marked[from_[e]] = 1;
        }
        return marked;
    }

    /// What stands before the name and behind it, before what it is about and behind it, and so on.
    [[nodiscard]] std::string titleOf(std::size_t step, char const* const (&signs)[6]) const
    {
        auto const& [kind, label, depth, about] = steps_[step];
        std::string title = label.kind;
        if (label.name != nullptr) title.append(signs[0]).append(label.name).append(signs[1]);
        if (about != nullptr) title.append(signs[2]).append(about).append(signs[3]);
        if (label.at.line > 0)
            title.append(signs[4]).append(label.at.file).append(":").append(std::to_string(label.at.line)).append(signs[5]);
        return title;
    }

    std::vector<DrawnStep> steps_;
    std::vector<std::pair<std::size_t, std::size_t>> edges_;
    std::vector<std::size_t> behind_;  // where the edges that lead to a step begin in from_
    std::vector<std::size_t> from_;
    std::vector<char> shown_;
};

template <class Op>
constexpr DrawnStep stepOf(Op const& op)
{
    if constexpr (OutputOperator<Op> && requires { op.f; }) return {DrawnStep::output, op.label, 0, aboutOf(op.f)};
    else if constexpr (OutputOperator<Op>) return {DrawnStep::output, op.label};
    else if constexpr (std::derived_from<Op, NarrowBase> || std::derived_from<Op, PartwiseBase>) return {DrawnStep::narrow, op.label};
    else return {DrawnStep::node, op.label};
}

template <std::derived_from<Graph> Any>
Description<> descriptionOf(Any const& graph)
{
    return {graph.core()->steps(), graph.core()->edges()};
}
template <class T, class Node>
Description<> descriptionOf(DStream<T, Node> const& stream)
{
    auto const& graph = *stream.node().graph();
    return Description<>{graph.steps(), graph.edges()}.of(stream.node().stepId());
}
template <class... Ops>
Description<> descriptionOf(Pipeline<Ops...> const& pipeline)
{
    std::vector<DrawnStep> steps;
    auto const add = [&steps](auto const& op) {
        // A name belongs to the operator before it; the pipeline's first has none there yet.
        if constexpr (requires { std::string_view{op.text}; }) {
            if (!steps.empty()) steps.back().label.name = lastingName(op.text);
        } else if constexpr (!isWithin<std::remove_cvref_t<decltype(op)>>) {
            steps.push_back(stepOf(op));
        }
    };
    boost::hana::unpack(pipeline.ops, [&add](auto const&... op) { (add(op), ...); });
    std::vector<std::pair<std::size_t, std::size_t>> edges;
    for (std::size_t i = 1; i < steps.size(); ++i) edges.emplace_back(i - 1, i);
    Description<> all{steps, edges};
    return steps.empty() ? all : all.of(steps.size() - 1);
}

template <class T>
concept Describable = requires(T const& t) { descriptionOf(t); };

}  // namespace detail

/// What it consists of, a line for each step in the order in which they were written: number, kind, name, topics of Kafka that it reads or
/// writes to, place in the source, and which steps it reads. A narrow step is *fused*: it runs in the loop of what reads it.
///
/// Of a context (or an `IntervalClock`) all that was registered, and what leads to no output; of a stream what leads to it; of
/// a pipeline its operators. Before or after the start, from the thread that builds.
///
/// ```cpp
/// IntervalClock clock{1s};
/// RDDQueue<int> queue;
/// auto sum = queueStream(clock, queue, true, CallSite{}) | map([](int x) { return 2 * x; }, {}) | reduce(std::plus{}, {}) | named("sum");
/// CHECK(describe(sum) == "1 queueStream\n2 map <- 1, fused\n3 reduce \"sum\" <- 2\n");
/// ```
template <detail::Describable T>
[[nodiscard]] std::string describe(T const& what)
{
    return detail::descriptionOf(what).text();
}

/// What describe says, as a graph in Graphviz' language, for `dot -Tsvg`: ellipses bring records in, octagons take them out, and
/// round boxes are fused.
///
/// ```cpp
/// auto both = map([](int x) { return 2 * x; }, {}) | filter([](int x) { return x > 2; }, {});
/// CHECK(toDot(both) == "digraph sluice {\n  node [fontname=\"sans-serif\"];\n"
///                      "  s1 [label=\"map\", shape=box, style=rounded];\n  s2 [label=\"filter\", shape=box, style=rounded];\n"
///                      "  s1 -> s2;\n}\n");
/// ```
template <detail::Describable T>
[[nodiscard]] std::string toDot(T const& what)
{
    return detail::descriptionOf(what).dot();
}

}  // namespace sluice::inline SLUICE_ABI
