#include "cli/roles/lost_batches.h"

#include <utility>

namespace rescind::cli {

Result<void> LostBatches::add(const transport::Registry& registry,
                              const transport::FeedAccess& broker,
                              const transport::Surroundings& surroundings) {
  TRY_ASSIGN(origins_.emplace_back(), registry.origin(broker, surroundings));
  return {};
}

void LostBatches::ask(feed::Position after) {
  for (const auto& origin : origins_) ask(*origin, after, std::make_shared<Asked>());
}

void LostBatches::ask(feed::Origin& origin, feed::Position after, std::shared_ptr<Asked> asked) {
  origin.batches_after(after, [this, &origin, asked = std::move(asked)](auto run) {
    take(origin, asked, std::move(run));
  });
}

void LostBatches::take(feed::Origin& origin, const std::shared_ptr<Asked>& asked,
                       Result<std::vector<std::string>> run) {
  if (!run) log_.warning("a broker has no lost batches", {{"why", run.error().message}});
  feed::Position last{};
  if (run) {
    for (std::string& jws : *run) {
      const auto word = feed::read_word(jws);
      const auto* batch = word ? std::get_if<feed::Batch>(&word->content) : nullptr;
      if (batch == nullptr) continue;
      last = std::max(last, batch->position);
      asked->bytes += jws.size();
      asked->words.push_back(std::move(jws));
    }
  }
  if (last != feed::Position{} && asked->bytes < kMaxBytes) return ask(origin, last, asked);
  if (!asked->words.empty()) give_(std::move(asked->words));
}

}  // namespace rescind::cli
