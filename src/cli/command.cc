#include "cli/command.h"

#include <cstdio>

namespace rescind::cli {

Exit exit_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
    case ErrorCode::kTooLarge:
      return Exit::kUsage;
    case ErrorCode::kUnauthorized:
      return Exit::kNotAuthorised;
    case ErrorCode::kNotFound:
    case ErrorCode::kGone:
      return Exit::kNotFound;
    case ErrorCode::kConflict:
      return Exit::kConflict;
    case ErrorCode::kExhausted:
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
      return Exit::kUnreachable;
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal:
      return Exit::kUnexpected;
  }
  return Exit::kUnexpected;
}

std::string Invocation::option(const std::string& name, const std::string& otherwise) const {
  const auto found = options.find(name);
  return found == options.end() ? otherwise : found->second;
}

const std::string& Invocation::positional(const std::string& name) const {
  static const std::string kNone;
  const auto found = positionals.find(name);
  return found == positionals.end() ? kNone : found->second;
}

Exit report(Exit exit, std::string_view message) {
  std::fprintf(stderr, "rescind: %.*s\n", static_cast<int>(message.size()), message.data());
  return exit;
}

Exit report(const Error& error) { return report(exit_of(error.code), error.message); }

}  // namespace rescind::cli
