#pragma once

#include <sluice/io/no_sigpipe.hpp>
#include <sluice/outputs/print.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_BODY void printBlock(Time t, std::vector<std::string> const& records, std::size_t wanted, std::FILE* file)
{
    constexpr std::string_view rule = "-------------------------------------------\n";
    std::string text{rule};
    text += detail::concat({"Time: ", t.toString(), "\n"});
    text += rule;
    for (std::size_t i = 0; i < records.size() && i < wanted; ++i) {
        text += records[i];
        text += '\n';
    }
    if (records.size() > wanted) text += "...\n";
    text += '\n';
    io::NoSigpipe const here;
    if (std::fwrite(text.data(), 1, text.size(), file) != text.size() || std::fflush(file) != 0) {
        throw std::runtime_error{"the file cannot be written to"};  // the output names itself
    }
}

}  // namespace sluice::inline SLUICE_ABI::detail
