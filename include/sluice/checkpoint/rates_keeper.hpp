#pragma once

#include <sluice/codec/binary.hpp>
#include <sluice/stream/config.hpp>
#include <sluice/stream/graph.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::inline SLUICE_ABI::detail {

/// What backpressure has learned of each input that has a name: a start under load begins with the limit that the last process had come to.
/// Inputs that are gone, or have no limit any more, are forgotten.
struct RatesKeeper final : CheckpointedPart {
    /// The name by which a directory knows them.
    static constexpr std::string_view known = "rates of inputs";

    RatesKeeper(GraphCore& graph, Label const& label) : graph_(graph), label_(label) {}

    [[nodiscard]] static bool areIn(GraphCore const& graph)
    {
        if (graph.owner() == nullptr || !graph.owner()->config().backpressureEnabled) return false;
        for (auto const& input : graph.inputs()) {
            if (isOf(*input)) return true;
        }
        return false;
    }

    [[nodiscard]] Label const& label() const override { return label_; }
    [[nodiscard]] std::string name() const override { return std::string{known}; }
    [[nodiscard]] std::string keySchema() const override { return schemaOf<std::string>().encoded(); }
    [[nodiscard]] std::string valueSchema() const override { return schemaOf<LearnedRate>().encoded(); }

    SLUICE_COLD void open(Time, std::string_view, std::string_view valueSchema) override { rates_.emplace(Schema::decode(valueSchema)); }
    SLUICE_COLD void load(std::string_view key, std::string_view value) override
    {
        auto const name = decode<std::string>(key);
        auto const rate = (*rates_)(value);
        for (auto const& input : graph_.inputs()) {
            if (isOf(*input) && name == input->label.name) input->rateLimit->restore(rate);
        }
    }
    SLUICE_COLD void save(Time, bool whole, CheckpointSink& to) override
    {
        if (!whole) return;
        std::map<std::string, LearnedRate> now;
        for (auto const& input : graph_.inputs()) {
            if (isOf(*input) && input->rateLimit->hasLearned) now[input->label.name] = input->rateLimit->learned;
        }
        if (now == saved_) return;
        to.reset();  // they are few
        for (auto const& [name, learned] : now) to.put(encode(name), encode(learned));
        saved_ = std::move(now);
    }

private:
    [[nodiscard]] static bool isOf(InputNode const& input) { return input.rateLimit && input.label.name != nullptr; }

    GraphCore& graph_;
    Label label_;
    std::map<std::string, LearnedRate> saved_;
    std::optional<Decoder<LearnedRate>> rates_;
};

}  // namespace sluice::inline SLUICE_ABI::detail
