#pragma once
// Errors are values. `Result<T>` is what a fallible function returns; `TRY` hands an error on.
//
// Verification does not use this type: there the error is the closed enum `rescind::Reason`, which
// allocates nothing. Everywhere else an error has a code, which decides what the caller does, and a
// message of one or two lines for a person: what failed, why, and what to do. Never a token.

#include <expected>
#include <string>
#include <utility>

namespace rescind {

enum class ErrorCode {
  kInvalid,       // the input is wrong; repeating it is useless (HTTP 400)
  kUnauthorized,  // the caller is not known, or may not do this (401, 403)
  kNotFound,      // (404)
  kConflict,      // somebody else was first, or the state forbids it (409)
  kGone,          // what was asked for existed and has been let go (410)
  kTooLarge,      // a limit is exceeded (413, 431)
  kExhausted,     // too many at once; try later (429)
  kUnavailable,   // a neighbour cannot be reached or is busy; try later (503)
  kTimeout,       // the deadline has passed (504)
  kCorrupt,       // stored or received bytes are damaged or forged
  kInternal,      // unexpected
};

struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
};

template <typename T>
using Result = std::expected<T, Error>;

// The error arm of any Result: `return fail(ErrorCode::kInvalid, "…");`
inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace rescind

#define RESCIND_TRY_NAME_(a, b) a##b
#define RESCIND_TRY_NAME(a, b) RESCIND_TRY_NAME_(a, b)

// TRY(expression): returns the error of a Result from the enclosing function, else goes on.
#define TRY(...)                                                     \
  do {                                                               \
    auto rescind_try_result = (__VA_ARGS__);                         \
    if (!rescind_try_result) {                                       \
      return std::unexpected(std::move(rescind_try_result).error()); \
    }                                                                \
  } while (false)

// TRY_ASSIGN(auto name, expression): the same, and moves the value into the declaration.
#define TRY_ASSIGN(declaration, ...) \
  TRY_ASSIGN_(RESCIND_TRY_NAME(rescind_try_, __LINE__), declaration, __VA_ARGS__)
#define TRY_ASSIGN_(temporary, declaration, ...)          \
  auto temporary = (__VA_ARGS__);                         \
  if (!temporary) {                                       \
    return std::unexpected(std::move(temporary).error()); \
  }                                                       \
  declaration = *std::move(temporary)
