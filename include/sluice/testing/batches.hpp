#pragma once

#include <sluice/codec/text.hpp>

#include <initializer_list>
#include <optional>
#include <ostream>
#include <vector>

namespace sluice::inline SLUICE_ABI::testing {

/// Literal batches: what goes into a pipeline in a test, and what comes out. `{}` is an empty batch, `std::nullopt`
/// *no RDD*.
///
/// ```cpp
/// testing::Batches<int> const batches{{1, 2}, {}, std::nullopt};
/// CHECK(batches.size() == 3);
/// CHECK(*batches[0] == std::vector{1, 2});
/// CHECK(!batches[2]);
/// ```
template <class T>
class Batches {
public:
    /// One of them: its records, or *no RDD*.
    class Batch {
    public:
        Batch() = default;
        Batch(std::initializer_list<T> records) : records_(records) {}
        Batch(std::vector<T> records) : records_(std::move(records)) {}  // NOLINT: implicit, it is one
        Batch(std::nullopt_t) : none_(true) {}                           // NOLINT: implicit, it is one

        explicit operator bool() const { return !none_; }
        [[nodiscard]] std::vector<T> const& operator*() const { return records_; }
        friend bool operator==(Batch const&, Batch const&) = default;

    private:
        bool none_ = false;
        std::vector<T> records_;
    };

    Batches() = default;
    Batches(std::initializer_list<Batch> batches) : batches_(batches) {}

    void push_back(Batch batch) { batches_.push_back(std::move(batch)); }
    void set(std::size_t i, Batch batch) { batches_.at(i) = std::move(batch); }
    [[nodiscard]] std::size_t size() const { return batches_.size(); }
    [[nodiscard]] Batch const& operator[](std::size_t i) const { return batches_[i]; }
    [[nodiscard]] auto begin() const { return batches_.begin(); }
    [[nodiscard]] auto end() const { return batches_.end(); }

    friend bool operator==(Batches const&, Batches const&) = default;

    /// For the messages of test frameworks: `{[1, 2], [], no RDD}`.
    friend std::ostream& operator<<(std::ostream& out, Batches const& batches)
    {
        std::string text = "{";
        for (auto const& batch : batches) {
            if (text.size() > 1) text += ", ";
            if (!batch) text += "no RDD";
            else if constexpr (Textual<std::vector<T>>) appendText(text, *batch);
            else text += std::to_string((*batch).size()) + " records";
        }
        return out << text + '}';
    }

private:
    std::vector<Batch> batches_;
};

}  // namespace sluice::inline SLUICE_ABI::testing
