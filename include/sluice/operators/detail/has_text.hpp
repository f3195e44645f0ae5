#pragma once

#include <sluice/batch/needs.hpp>
#include <sluice/codec/text.hpp>

namespace sluice::inline SLUICE_ABI::detail {

struct HasText {
    template <class Up>
    static constexpr bool holds = Textual<ValueOf<Up>>;

    template <class Op, class Up>
    static consteval void explain()
    {
        static_assert(isTextual<ValueOf<Up>>(),
                      "sluice: the records must have a text form: specialise sluice::TextOf for their type, or map them to text");
    }
};

}  // namespace sluice::inline SLUICE_ABI::detail
