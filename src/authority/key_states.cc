#include "authority/key_states.h"

#include <algorithm>

namespace rescind::authority {
namespace {

using store::KeyState;
using store::SigningKeyRow;

// The rows, and which of them have changed.
class Draft {
 public:
  Draft(std::vector<SigningKeyRow> rows, WallTime now) : rows_(std::move(rows)), now_(now) {
    changed_.resize(rows_.size());
  }

  SigningKeyRow* find(KeyState state) {
    const auto row = std::ranges::find(rows_, state, &SigningKeyRow::state);
    return row == rows_.end() ? nullptr : &*row;
  }
  std::vector<SigningKeyRow>& rows() { return rows_; }

  void move(SigningKeyRow& row, KeyState to) {
    row.state = to;
    row.changed = now_;
    if (to == KeyState::kGone) row.sealed_pem.clear();
    changed_[static_cast<std::size_t>(&row - rows_.data())] = true;
  }
  void add(SigningKeyRow row, KeyState state) {
    row.created = now_;
    rows_.push_back(std::move(row));
    changed_.push_back(true);
    move(rows_.back(), state);
  }

  std::vector<SigningKeyRow> changes() const {
    std::vector<SigningKeyRow> out;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (changed_[i]) out.push_back(rows_[i]);
    }
    return out;
  }

 private:
  std::vector<SigningKeyRow> rows_;
  std::vector<bool> changed_;
  WallTime now_;
};

void retire(Draft& draft, SigningKeyRow& active, WallTime now, const KeyPlan& plan) {
  active.last_expiry = to_seconds(now) + plan.lifetime.count();
  draft.move(active, KeyState::kRetired);
}

void let_go(Draft& draft, WallTime now) {
  for (SigningKeyRow& row : draft.rows()) {
    if (row.state != KeyState::kRetired) continue;
    if (to_seconds(now) > row.last_expiry + kKeyMargin.count()) draft.move(row, KeyState::kGone);
  }
}

bool is_due(const SigningKeyRow& active, WallTime now, const KeyPlan& plan) {
  return active.algorithm != plan.algorithm || now - active.changed >= plan.rotate_every;
}

}  // namespace

std::vector<SigningKeyRow> advance_keys(std::vector<SigningKeyRow> rows, WallTime now,
                                        const KeyPlan& plan, std::vector<SigningKeyRow> spares) {
  Draft draft(std::move(rows), now);
  const auto add = [&](KeyState state) {
    if (spares.empty()) return;
    draft.add(std::move(spares.back()), state);
    spares.pop_back();
  };
  let_go(draft, now);
  SigningKeyRow* next = draft.find(KeyState::kNext);
  if (next != nullptr && next->algorithm != plan.algorithm) draft.move(*next, KeyState::kGone);
  SigningKeyRow* active = draft.find(KeyState::kActive);
  next = draft.find(KeyState::kNext);
  if (active != nullptr && next != nullptr && is_due(*active, now, plan) &&
      now - next->created >= plan.publish_before) {
    retire(draft, *active, now, plan);
    draft.move(*next, KeyState::kActive);
  } else if (active == nullptr && next != nullptr) {
    draft.move(*next, KeyState::kActive);
  } else if (active == nullptr) {
    add(KeyState::kActive);  // the first of all: nobody can have read the key set before
  }
  if (draft.find(KeyState::kNext) == nullptr) add(KeyState::kNext);
  return draft.changes();
}

std::size_t spares_needed(const std::vector<SigningKeyRow>& rows, WallTime now,
                          const KeyPlan& plan) {
  SigningKeyRow blank;
  blank.algorithm = plan.algorithm;
  const auto changes = advance_keys(rows, now, plan, {blank, blank});
  return static_cast<std::size_t>(
      std::ranges::count_if(changes, [](const SigningKeyRow& row) { return row.id.empty(); }));
}

std::vector<SigningKeyRow> rotate_keys(const std::vector<SigningKeyRow>& rows, WallTime now,
                                       const KeyPlan& plan) {
  Draft draft(rows, now);
  SigningKeyRow* active = draft.find(KeyState::kActive);
  SigningKeyRow* next = draft.find(KeyState::kNext);
  if (active == nullptr || next == nullptr) return {};
  retire(draft, *active, now, plan);
  draft.move(*next, KeyState::kActive);
  return draft.changes();
}

std::vector<SigningKeyRow> remove_key(const std::vector<SigningKeyRow>& rows, std::string_view id,
                                      WallTime now) {
  Draft draft(rows, now);
  const auto row = std::ranges::find(draft.rows(), id, &SigningKeyRow::id);
  if (row == draft.rows().end() || row->state == KeyState::kGone) return {};
  const bool was_active = row->state == KeyState::kActive;
  draft.move(*row, KeyState::kGone);
  SigningKeyRow* next = draft.find(KeyState::kNext);
  if (was_active && next != nullptr) draft.move(*next, KeyState::kActive);
  return draft.changes();
}

}  // namespace rescind::authority
