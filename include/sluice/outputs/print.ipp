#pragma once

#include <sluice/io/no_sigpipe.hpp>
#include <sluice/outputs/print.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_BODY PrintedBlock::PrintedBlock(Time t, std::size_t wanted) : left(wanted)
{
    constexpr std::string_view rule = "-------------------------------------------\n";
    text = rule;
    appendPart(text, "Time: ");
    appendPart(text, t.toString());
    appendPart(text, "\n");
    appendPart(text, rule);
}

SLUICE_BODY bool PrintedBlock::takesOne()
{
    more = left == 0;
    if (more) return false;
    --left;
    return true;
}

SLUICE_BODY void PrintedBlock::write(std::FILE* file)
{
    text += more ? "...\n\n" : "\n";
    io::NoSigpipe const here;
    if (std::fwrite(text.data(), 1, text.size(), file) != text.size() || std::fflush(file) != 0) {
        throw std::runtime_error{"the file cannot be written to"};  // the output names itself
    }
}

}  // namespace sluice::inline SLUICE_ABI::detail
