#include "simulation/forger.h"

#include "feed/authority_for_test.h"

namespace rescind::simulation {
namespace {

using std::chrono::seconds;

constexpr int kForgersKey = 9;

feed::Batch link_after(const feed::Head& head) {
  return {.issuer = std::string(feed::kTestIssuer),
          .feed = "default",
          .position = {.term = head.position.term, .number = head.position.number + 1},
          .at = head.at,
          .previous = head.hash};
}

feed::Batch revoke_everybody(feed::Batch batch) {
  for (int user = 0; user < 4; ++user) {
    batch.revocations.push_back({.target = {batch.issuer, "sub", "u-" + std::to_string(user)},
                                 .cut = batch.position,
                                 .until = static_cast<std::uint64_t>(to_seconds(batch.at)) + 60,
                                 .reason = revocation::Reason::kRevoked});
  }
  return batch;
}

}  // namespace

std::vector<std::string> forged(Authority& authority, Dice& dice) {
  const auto head = authority.log().head();
  if (!head) return {};
  const auto key = feed::test_key(kForgersKey);
  std::vector<std::string> words;
  words.push_back(
      feed::seal(feed::Heartbeat{.issuer = std::string(feed::kTestIssuer),
                                 .feed = "default",
                                 .head = head->position,
                                 .hash = head->hash,
                                 .at = head->at + dice.between(Milliseconds(0), seconds(10))},
                 *key));
  words.push_back(feed::seal(revoke_everybody(link_after(*head)), *key)->jws);
  feed::Batch keys = link_after(*head);
  keys.kind = feed::Kind::kKeys;
  keys.keys = {std::string(key->public_key().public_jwk())};
  const auto announced = feed::seal(keys, *key);
  words.push_back(announced->jws);
  words.push_back(
      feed::seal(revoke_everybody(link_after(
                     {.position = announced->position, .hash = announced->hash, .at = head->at})),
                 *key)
          ->jws);
  return words;
}

}  // namespace rescind::simulation
