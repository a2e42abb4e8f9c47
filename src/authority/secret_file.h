#pragma once
// Key material in files that belong to nobody else: mode 0600, made whole or not at all. Blocking;
// used when a program starts.

#include <optional>
#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace rescind::authority {

// Nothing where there is no such file. kInvalid where its group or others may read it, or it is
// longer than 64 KiB; kUnavailable where it cannot be read.
Result<std::optional<Secret>> read_secret_file(const std::string& path);

// Writes a new file durably under its name (a temporary one beside it, fsync, link): two processes
// that start at once do not overwrite each other. kConflict where it exists.
Result<void> create_secret_file(const std::string& path, const Secret& content);

}  // namespace rescind::authority
