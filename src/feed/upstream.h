#pragma once
// A follower's questions to its origin, one of each kind at a time, and the answers, kept until the
// follower's next step. An answer may come whenever it likes, even inside the question or after the
// follower's end: it touches nothing but the box that it is put into. One thread.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "feed/ports.h"

namespace rescind::feed {

class Upstream {
 public:
  struct Answers {
    std::optional<Result<std::vector<std::string>>> batches;
    std::optional<Result<Snapshot>> snapshot;
    std::optional<Result<std::string>> heartbeat;
    std::optional<Result<void>> report;
  };

  Upstream(Origin& origin, std::function<void()> wake);

  void ask_batches(Position after);
  void ask_snapshot();
  void ask_heartbeat();
  void report(const Report& report);

  bool has_answers() const;
  Answers take();

 private:
  struct Box {
    Answers answers;
    std::function<void()> wake;
  };
  // Hands an answer to the box, if that still exists.
  template <typename T>
  Origin::Then<T> into(std::optional<Result<T>> Answers::* place) const;

  Origin& origin_;
  std::shared_ptr<Box> box_;
};

}  // namespace rescind::feed
