#include "transport/checkpoint_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/descriptor.h"

namespace rescind::transport {
namespace {

std::unexpected<Error> failed(std::string_view what, const std::string& path) {
  return fail(ErrorCode::kUnavailable,
              "checkpoint " + path + ": " + std::string(what) + ": " + std::strerror(errno));
}

bool write_all(int descriptor, std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool read_all(int descriptor, std::string& out) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const ssize_t got = ::read(descriptor, out.data() + filled, out.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    filled += static_cast<std::size_t>(got);
  }
  return true;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<std::optional<std::string>> CheckpointFile::load() {
  const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && errno == ENOENT) return std::nullopt;
  if (file.get() < 0) return failed("open", path_);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return failed("stat", path_);
  if (status.st_size < 0 || static_cast<std::size_t>(status.st_size) > kMaxBytes) {
    return fail(ErrorCode::kTooLarge, "checkpoint " + path_ + " is larger than 8 GiB");
  }
  std::string blob(static_cast<std::size_t>(status.st_size), '\0');
  if (!read_all(file.get(), blob)) return failed("read", path_);
  return blob;
}

Result<void> CheckpointFile::save(std::string_view blob) {
  const std::string beside = path_ + ".new";
  Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.get() < 0) return failed("create", beside);
  if (!write_all(file.get(), blob) || ::fsync(file.get()) != 0 || ::close(file.release()) != 0) {
    const auto error = failed("write", beside);
    ::unlink(beside.c_str());
    return error;
  }
  if (std::rename(beside.c_str(), path_.c_str()) != 0) return failed("rename", path_);
  const Descriptor folder(::open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) return failed("flush the folder of", path_);
  return {};
}

}  // namespace rescind::transport
