#pragma once

#include <sluice/stream/graph.hpp>

#include <string>
#include <vector>

namespace sluice::inline SLUICE_ABI::detail {

/// What later batches depend on has `| named("…") | checkpoint()` behind it, and no two parts have one name; else `IllegalState` that lists them.
[[gnu::cold]] inline void requireAllKept(GraphCore const& graph, Label const& by, std::vector<CheckpointedPart const*> const& parts)
{
    std::string unkept;
    std::string unnamed;
    auto const list = [](std::string& to, Label const& label) { to += concat({to.empty() ? "" : ", ", where(label)}); };
    for (auto const* node : graph.holding()) {
        if (node->lasts() && node->keeper == nullptr) list(unkept, node->label);
    }
    for (auto const* part : parts) {
        if (part->name().empty()) list(unnamed, part->label());
    }
    if (!unkept.empty()) {
        throw IllegalState{
            concat({where(by), ": what later batches depend on must be kept, too: write `| named(\"…\") | checkpoint()` behind ", unkept})};
    }
    if (!unnamed.empty()) {
        throw IllegalState{concat({where(by), ": what is kept is found again by its name: write `| named(\"…\")` behind ", unnamed})};
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) {
            if (parts[i]->name() != parts[k]->name()) continue;
            throw IllegalState{concat({where(by), ": ", where(parts[k]->label()), " and ", where(parts[i]->label()),
                                       " are both known as \"", parts[i]->name(), "\": give one of them another name"})};
        }
    }
}

}  // namespace sluice::inline SLUICE_ABI::detail
