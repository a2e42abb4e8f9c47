#pragma once
// A token, key or password in memory: no formatter, no comparison but in constant time, wiped at
// its end. Movable and copyable; the reader has to say `expose()`, which is easy to find in a
// review.

#include <string>
#include <string_view>
#include <utility>

namespace rescind {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  ~Secret() { wipe(); }
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      wipe();
      value_ = other.value_;
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      value_ = std::move(other.value_);
      other.wipe();
    }
    return *this;
  }

  std::string_view expose() const { return value_; }
  bool empty() const { return value_.empty(); }
  std::size_t size() const { return value_.size(); }
  bool equals(std::string_view other) const;

 private:
  void wipe();
  std::string value_;
};

}  // namespace rescind
