#pragma once

// Sockets and files: RAII over POSIX, knows no stream.

#include <sluice/io/directory.hpp>
#include <sluice/io/directory_lock.hpp>
#include <sluice/io/file.hpp>
#include <sluice/io/file_bytes.hpp>
#include <sluice/io/file_descriptor.hpp>
#include <sluice/io/local_path.hpp>
#include <sluice/io/monitor.hpp>
#include <sluice/io/no_sigpipe.hpp>
#include <sluice/io/replace_file.hpp>
#include <sluice/io/socket.hpp>
#include <sluice/io/standard_error.hpp>
#include <sluice/io/thread.hpp>
