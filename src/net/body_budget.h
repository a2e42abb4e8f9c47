#pragma once
// What a server holds of bodies that are longer than its usual limit: so much at a time, however
// many connections there are. Any thread.

#include <atomic>
#include <cstddef>
#include <memory>

namespace rescind::net {

// Of one server (503).
inline constexpr std::size_t kLargeBodiesBytes = std::size_t{64} * 1024 * 1024;

class BodyBudget {
 public:
  explicit BodyBudget(std::size_t bytes) : left_(bytes) {}

  // A part of it that is given back when it goes; it may not outlive the budget.
  struct GiveBack {
    std::size_t bytes = 0;
    void operator()(BodyBudget* budget) const {
      budget->left_.fetch_add(bytes, std::memory_order_relaxed);
    }
  };
  using Share = std::unique_ptr<BodyBudget, GiveBack>;
  // Null where there is not so much left.
  Share take(std::size_t bytes) {
    std::size_t left = left_.load(std::memory_order_relaxed);
    do {
      if (left < bytes) return nullptr;
    } while (!left_.compare_exchange_weak(left, left - bytes, std::memory_order_relaxed));
    return Share(this, {bytes});
  }

 private:
  std::atomic<std::size_t> left_;
};

}  // namespace rescind::net
