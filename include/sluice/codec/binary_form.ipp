#pragma once

#include <sluice/codec/binary_form.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY void failBitField()
{
    throw Unsupported{"sluice: a struct with a bit field has no binary form: give it a whole member, or specialise sluice::EncodedAs"};
}

SLUICE_COLD SLUICE_BODY void failValueless()
{
    throw CodecError{"sluice::encode: a variant has no value, since an assignment to it has thrown", 0};
}

}  // namespace sluice::inline SLUICE_ABI::detail
