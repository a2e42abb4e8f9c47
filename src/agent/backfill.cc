#include "agent/backfill.h"

#include <utility>

namespace rescind::agent {

Backfill::Backfill(ServedLog& log, feed::Origin& origin, std::size_t max_bytes)
    : state_(std::make_shared<State>(State{.log = log, .origin = origin, .max_bytes = max_bytes})) {
}

void Backfill::reach(feed::Position from, Then then) {
  if (from >= state_->log.floor().position) return then({});
  if (state_->asking) {
    return then(fail(ErrorCode::kExhausted, "earlier batches are being fetched, ask again"));
  }
  state_->asking = true;
  state_->words.clear();
  state_->bytes = 0;
  state_->then = std::move(then);
  ask(state_, from);
}

void Backfill::ask(const std::shared_ptr<State>& state, feed::Position after) {
  state->origin.batches_after(after, [weak = std::weak_ptr(state)](auto run) {
    if (const auto alive = weak.lock()) take(alive, std::move(run));
  });
}

void Backfill::take(const std::shared_ptr<State>& state, Result<std::vector<std::string>> run) {
  if (!run) return finish(*state, std::unexpected(std::move(run).error()));
  const feed::Position floor = state->log.floor().position;
  feed::Position last{};
  for (std::string& jws : *run) {
    const auto word = feed::read_word(jws);
    const auto* batch = word ? std::get_if<feed::Batch>(&word->content) : nullptr;
    if (batch == nullptr) break;
    if (batch->position > floor) break;
    last = batch->position;
    state->bytes += jws.size();
    if (state->bytes > state->max_bytes) {
      return finish(*state, fail(ErrorCode::kTooLarge, "the feed's tail is more than is kept"));
    }
    state->words.push_back(std::move(jws));
  }
  if (last == floor) return finish(*state, state->log.prepend(state->words));
  if (last == feed::Position{}) {
    return finish(*state, fail(ErrorCode::kCorrupt, "what upstream has does not lead up to here"));
  }
  ask(state, last);
}

void Backfill::finish(State& state, Result<void> result) {
  state.asking = false;
  state.words.clear();
  if (const Then then = std::exchange(state.then, nullptr)) then(std::move(result));
}

}  // namespace rescind::agent
