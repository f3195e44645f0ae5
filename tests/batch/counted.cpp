#include <sluice/batch/counted.hpp>

#include "../verify.hpp"

#include <cstdint>
#include <thread>
#include <vector>

using namespace sluice::detail;

namespace {

/// Tells when it is gone.
struct Probe : RefCounted {
    int* gone;
    constexpr explicit Probe(int* g) : gone(g) {}
    constexpr Probe(Probe const&) = default;
    constexpr ~Probe() { ++*gone; }
};

struct Base : RefCounted {
    virtual ~Base() = default;
};
struct Derived final : Base {
    int* gone;
    explicit Derived(int* g) : gone(g) {}
    ~Derived() override { ++*gone; }
};

constexpr int lastHolderDeletes()
{
    int gone = 0;
    {
        Counted<Probe> const a = makeCounted<Probe>(&gone);
        Counted<Probe> b = a;
        Counted<Probe> c = std::move(b);
        b = c;
        c = Counted<Probe>{};
        if (gone != 0) return -1;
    }
    return gone;
}

constexpr bool knowsWhetherItIsAlone()
{
    int gone = 0;
    auto a = makeCounted<Probe>(&gone);
    if (!a.unique()) return false;
    auto const b = a;
    return !a.unique() && a == b && !Counted<Probe>{}.unique();
}

constexpr bool assignsToItself()
{
    auto a = makeCounted<Box<int>>(5);
    auto& same = a;
    a = same;
    return a->value == 5 && a.unique();
}

constexpr bool copiesAreHeldByNobody()
{
    int gone = 0;
    auto const a = makeCounted<Probe>(&gone);
    auto const b = a;
    auto const c = makeCounted<Probe>(*a);
    return c.unique();
}

template <class T>
struct Holder {
    T value{};
    Counted<Base> held;
    void clear() { held = {}; }
};

}  // namespace

TEST_CASE("what a template lets go by {} is gone")
{
    int gone = 0;
    Holder<int> holder;
    holder.held = makeCounted<Derived>(&gone);
    holder.clear();
    CHECK(gone == 1);
}

TEST_CASE("the last of counted pointers deletes")
{
    VERIFY(lastHolderDeletes() == 1);
    VERIFY(knowsWhetherItIsAlone());
    VERIFY(assignsToItself());
    VERIFY(copiesAreHeldByNobody());
    VERIFY(!Counted<Box<int>>{});
}

TEST_CASE("what is aligned more than usual is let go as it was made")
{
    struct alignas(128) Wide : RefCounted {
        int value = 3;
    };
    Counted<Wide> const wide = makeCounted<Wide>();  // ASan looks at how its memory is freed
    CHECK(reinterpret_cast<std::uintptr_t>(wide.get()) % 128 == 0);
    CHECK(wide->value == 3);
}

TEST_CASE("a counted pointer converts to one of its base")
{
    int gone = 0;
    {
        Counted<Base> const base = makeCounted<Derived>(&gone);
        CHECK(base.unique());
    }
    CHECK(gone == 1);
    static_assert(!std::is_convertible_v<Counted<Base>, Counted<Derived>>);
}

TEST_CASE("threads may hold and let go at the same time")
{
    int gone = 0;
    {
        auto const shared = makeCounted<Probe>(&gone);
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([held = shared] {
                for (int i = 0; i < 10'000; ++i) Counted<Probe> const copy = held;
            });
        }
        for (auto& thread : threads) thread.join();
        CHECK(gone == 0);
    }
    CHECK(gone == 1);
}
