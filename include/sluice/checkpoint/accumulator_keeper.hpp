#pragma once

#include <sluice/codec/binary.hpp>
#include <sluice/runtime/accumulator.hpp>
#include <sluice/stream/graph.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::inline SLUICE_ABI {

template <class T>
struct EncodedAs<SumOf<T>> {
    using type = std::pair<T, std::int64_t>;
    static type to(SumOf<T> const& all) { return {all.sum(), all.count()}; }
    static SumOf<T> from(type const& written) { return SumOf<T>{written.first, written.second}; }
};
template <class T>
struct EncodedAs<Collected<T>> {
    using type = std::remove_cvref_t<decltype(std::declval<Collected<T> const&>().value())>;
    static type const& to(Collected<T> const& collected) { return collected.value(); }
    static Collected<T> from(type&& written) { return Collected<T>{std::move(written)}; }
};

namespace detail {

/// What keeps an accumulator: all that was added by the end of a batch, whole. What batches add is set apart until their next step begins, and
/// forgotten where the step has failed.
template <class A>
struct AccumulatorKeeper final : CheckpointedPart {
    AccumulatorKeeper(Counted<AccumulatorState<A>> state, Label const& label) : state_(std::move(state)), label_(label)
    {
        auto attempted = makeCounted<typename AccumulatorState<A>::Attempted>();
        for (auto& part : attempted->parts) {
            part.value.emplace(state_->merged());
            part.value->reset();
        }
        state_->attempted = std::move(attempted);
    }

    [[nodiscard]] Label const& label() const override { return label_; }
    /// Beside a state of the same name.
    [[nodiscard]] std::string name() const override { return "accumulator " + state_->name; }
    [[nodiscard]] std::string keySchema() const override { return schemaOf<std::string>().encoded(); }
    [[nodiscard]] std::string valueSchema() const override { return schemaOf<A>().encoded(); }

    SLUICE_COLD void open(Time, std::string_view, std::string_view valueSchema) override { values_.emplace(Schema::decode(valueSchema)); }
    SLUICE_COLD void load(std::string_view, std::string_view value) override
    {
        state_->reset();
        state_->parts[0].value.emplace((*values_)(value));  // nobody adds yet
        if (!values_->converts()) saved_ = value;
    }
    SLUICE_COLD void save(Time, bool whole, CheckpointSink& to) override
    {
        if (!whole) return;
        auto now = encode(state_->merged());
        if (saved_ == now) return;
        to.put(encode(std::string{}), now);
        saved_ = std::move(now);
    }

    [[nodiscard]] bool toldAttempts() const override { return true; }
    void attempt(bool failed) override
    {
        state_->eachPart([failed](A& settled, A* added) {
            if (!failed) settled.merge(*added);
            added->reset();
        });
    }

private:
    Counted<AccumulatorState<A>> state_;
    Label label_;
    std::optional<std::string> saved_;
    std::optional<Decoder<A>> values_;
};

}  // namespace detail
}  // namespace sluice::inline SLUICE_ABI
