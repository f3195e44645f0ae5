#pragma once

#include <sluice/batch/counted.hpp>

#include <new>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_BODY void letGo(Disposable& object) noexcept
{
    if (object.release()) object.dispose();
}
SLUICE_BODY void letGo(RefCounted& object, void (*dispose)(RefCounted&) noexcept) noexcept
{
    if (object.release()) dispose(object);
}

SLUICE_BODY void freeMemory(RefCounted& object) noexcept { ::operator delete(&object); }

SLUICE_BODY void Disposable::dispose() noexcept { delete this; }

SLUICE_COLD SLUICE_BODY void GoesInTurn::dispose() noexcept
{
    struct Turn {
        bool busy;
        GoesInTurn* next;
    };
    static thread_local constinit Turn turn{false, nullptr};
    after_ = turn.next;
    turn.next = this;
    if (turn.busy) return;
    turn.busy = true;
    while (turn.next != nullptr) {
        auto* const one = turn.next;
        turn.next = one->after_;
        delete one;
    }
    turn.busy = false;
}

}  // namespace sluice::inline SLUICE_ABI::detail
