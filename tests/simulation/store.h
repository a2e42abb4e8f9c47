#pragma once
// What the simulated authority remembers, and its one writer: the real committer over SQLite, or a
// model of it in memory, which is a hundred times as fast and held against the real one by running
// the same seeds over both (docs/simulation.md).

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "feed/ports.h"
#include "jwt/signing_key.h"
#include "simulation/world.h"
#include "store/transaction.h"

namespace rescind::simulation {

// One operation of the writer.
struct Change {
  std::optional<revocation::Revocation> revocation;
  bool wants_receipt = false;
  std::optional<store::IssuanceBounds> bounds;
  std::optional<revocation::Rules> rules;
  // A batch of a kind that only a later version knows; the model alone can.
  enum class Future { kNone, kIgnorable, kCritical } future = Future::kNone;
};

class Store {
 public:
  using Done = std::function<void(const Result<feed::Position>& head)>;
  // What a life of the process brings with it.
  struct Life {
    std::shared_ptr<const jwt::SigningKey> key;
    const MachineClock& clock;
    std::function<void()> wake;
    std::function<void()> on_commit;  // before the answers
  };
  virtual ~Store() = default;

  // Opens what is there and begins a term. Everything else only between this and stop().
  virtual void start(Life life) = 0;
  // The process dies: what is not committed never was.
  virtual void stop() = 0;

  virtual void submit(Change change, Done done) = 0;
  virtual BootTime step(Now now) = 0;
  virtual feed::Position head() const = 0;
  virtual feed::BatchLog& log() = 0;
  virtual Result<bool> recover(std::string_view proof, Now now) = 0;
  virtual void change_key(std::shared_ptr<const jwt::SigningKey> next, Now now) = 0;

  // At any time: a copy of what is committed, and going back to it (stopped).
  virtual void back_up() = 0;
  virtual void restore() = 0;
};

inline constexpr Milliseconds kLogRetention{5'000};
inline constexpr Milliseconds kSnapshotEvery{500};

std::unique_ptr<Store> real_store(const std::string& folder);
std::unique_ptr<Store> model_store();

}  // namespace rescind::simulation
