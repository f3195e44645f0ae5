#pragma once

#include <sluice/sources/detail/tailed_log.hpp>

namespace sluice::inline SLUICE_ABI::detail {

SLUICE_COLD SLUICE_BODY std::string TailedLog::form() const
{
    std::string bytes;
    BinaryWriter to{bytes};
    to.size(1);  // the version
    bool const waits = started.kind == io::FileKind::file;
    to.size(waits ? 1 : 0);
    if (waits) {
        to.size(startAt);
        writeFile(to, started);
    }
    to.size(files.size());
    for (auto const& file : files) {
        to.text(file->info.path);
        writeFile(to, file->info);
        to.size(file->offset);
        to.text(file->head);
        to.text(file->tail);
        to.size((file->isFresh ? 1U : 0U) | (file->isSkipping ? 2U : 0U) | (file->isRefused ? 4U : 0U) | (file->isRotated ? 8U : 0U));
        to.number(file->changed.microseconds());
    }
    to.size(copies.size());
    for (auto const& copy : copies) writeFile(to, copy);
    to.finish();
    return bytes;
}

SLUICE_COLD SLUICE_BODY void TailedLog::restore(std::string_view form)
{
    BinaryReader from{form};
    if (from.size() != 1) BinaryReader::fail(form.data(), "a version that this program does not know");
    if (from.size() != 0) {
        startAt = from.size();
        started = readFile(from, path);
    }
    for (auto left = from.size(); left > 0; --left) {
        auto file = makeCounted<FollowedFile>();
        auto const name = from.text();
        file->info = readFile(from, name);
        file->offset = file->searched = file->end = from.size();
        file->head = from.text();
        file->tail = from.text();
        auto const flags = from.size();
        file->isFresh = (flags & 1U) != 0;
        file->isSkipping = (flags & 2U) != 0;
        file->isRefused = (flags & 4U) != 0;
        file->isRotated = (flags & 8U) != 0;
        file->changed = Time{Duration{from.number<std::int64_t>()}};
        files.push_back(std::move(file));
    }
    for (auto left = from.size(); left > 0; --left) copies.push_back(readFile(from, {}));
}

SLUICE_COLD SLUICE_BODY void TailRange::write(BinaryWriter& to) const
{
    to.text(log);
    to.text(file.path);
    writeFile(to, file);
    to.size(begin);
    to.size(end);
    to.size((isFresh ? 1U : 0U) | (isSkipping ? 2U : 0U) | (skipsOn ? 4U : 0U));
    to.text(tail);
}

SLUICE_COLD SLUICE_BODY TailRange TailRange::read(BinaryReader& from)
{
    TailRange range;
    range.log = from.text();
    auto const path = from.text();
    range.file = readFile(from, path);
    range.begin = from.size();
    range.end = from.size();
    auto const flags = from.size();
    range.isFresh = (flags & 1U) != 0;
    range.isSkipping = (flags & 2U) != 0;
    range.skipsOn = (flags & 4U) != 0;
    range.tail = from.text();
    return range;
}

}  // namespace sluice::inline SLUICE_ABI::detail
