#include "authority/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace rescind::authority {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{64} << 10U;

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }
  bool open() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

std::unexpected<Error> file_error(const char* what, const std::string& path) {
  return fail(ErrorCode::kUnavailable,
              std::string(what) + " " + path + ": " + std::strerror(errno));
}

Result<void> write_all(int descriptor, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return file_error("cannot write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (fsync(descriptor) != 0) return file_error("cannot write", path);
  return {};
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<std::optional<Secret>> read_secret_file(const std::string& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) {
    if (errno == ENOENT) return std::optional<Secret>();
    return file_error("cannot read", path);
  }
  struct stat status{};
  if (fstat(file.get(), &status) != 0) return file_error("cannot read", path);
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(ErrorCode::kInvalid, path + " can be read by others; run: chmod 600 " + path);
  }
  if (status.st_size < 0 || static_cast<std::size_t>(status.st_size) > kMaxFileBytes) {
    return fail(ErrorCode::kInvalid, path + " is too long for a key");
  }
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t have = 0;
  while (have < content.size()) {
    const ssize_t got = read(file.get(), content.data() + have, content.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error("cannot read", path);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  content.resize(have);
  return std::optional<Secret>(Secret(std::move(content)));
}

Result<void> create_secret_file(const std::string& path, const Secret& content) {
  const std::string temporary = path + ".new." + std::to_string(getpid());
  unlink(temporary.c_str());  // of a process that was killed
  {
    const File file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!file.open()) return file_error("cannot create", temporary);
    const auto written = write_all(file.get(), content.expose(), temporary);
    if (!written) {
      unlink(temporary.c_str());
      return written;
    }
  }
  // link() and not rename(): it fails where somebody else was first.
  const bool linked = link(temporary.c_str(), path.c_str()) == 0;
  const int error = errno;
  unlink(temporary.c_str());
  if (!linked) {
    if (error == EEXIST) return fail(ErrorCode::kConflict, path + " exists already");
    errno = error;
    return file_error("cannot create", path);
  }
  const File folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.open() || fsync(folder.get()) != 0) return file_error("cannot write", path);
  return {};
}

}  // namespace rescind::authority
