// expect: sluice: this type \(of a member: its struct, its place from 0, its type\) has no binary form
#include <sluice/sluice.hpp>

#include <string>

using namespace sluice;

struct Node {
    int value;
#ifdef SLUICE_TWIN
    std::string name;
#else
    char const* name;
#endif
};

std::string program(Node const& node) { return encode(node); }
