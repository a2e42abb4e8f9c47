#include "transport/poll_messages.h"

#include <algorithm>
#include <charconv>

#include "base/json.h"
#include "transport/limits.h"

namespace rescind::transport {
namespace {

constexpr json::Limits kAnswerLimits{
    .bytes = kMaxPollBytes, .depth = 4, .members = kMaxChunkBatches + 16};
constexpr json::Limits kReportLimits{.bytes = kMaxReportBytes, .depth = 4, .members = 32};

std::unexpected<Error> wrong(std::string_view member) {
  return fail(ErrorCode::kInvalid, "the receipt's \"" + std::string(member) +
                                       "\" is missing, too long or not of its form");
}

// A member that is a text of at most `limit` bytes.
std::optional<std::string_view> text_of_member(json::Value object, std::string_view name,
                                               std::size_t limit) {
  const std::optional<json::Value> member = object.find(name);
  if (!member) return std::nullopt;
  const std::optional<std::string_view> text = member->string();
  if (!text || text->empty() || text->size() > limit) return std::nullopt;
  return text;
}

std::unexpected<Error> wrong_answer() {
  return fail(ErrorCode::kCorrupt, "the answer to a long poll is not of its form");
}

}  // namespace

std::string encode_poll_answer(std::span<const std::string_view> batches,
                               const std::optional<std::string>& heartbeat) {
  json::Writer writer;
  writer.object().name("batches").array();
  for (const std::string_view batch : batches) writer.value(batch);
  writer.end();
  if (heartbeat) writer.member("heartbeat", std::string_view(*heartbeat));
  writer.end();
  return writer.take();
}

Result<PollAnswer> parse_poll_answer(std::string_view text) {
  json::Reader reader;
  const Result<json::Value> root = reader.parse(text, kAnswerLimits);
  if (!root || !root->is_object()) return wrong_answer();
  const std::optional<json::Value> batches = root->find("batches");
  if (!batches || !batches->is_array()) return wrong_answer();
  PollAnswer answer;
  for (auto batch = batches->first(); batch; batch = batch->next()) {
    const std::optional<std::string_view> jws = batch->string();
    if (!jws) return wrong_answer();
    answer.batches.emplace_back(*jws);
  }
  if (const std::optional<json::Value> heartbeat = root->find("heartbeat")) {
    const std::optional<std::string_view> jws = heartbeat->string();
    if (!jws) return wrong_answer();
    answer.heartbeat = std::string(*jws);
  }
  return answer;
}

std::string encode_report(const feed::Report& report) {
  json::Writer writer;
  writer.object()
      .member("follower", std::string_view(report.follower))
      .member("position", std::string_view(revocation::to_string(report.applied)))
      .member("hash", std::string_view(to_hex(report.hash)))
      .member("policy", std::string_view(report.policy));
  if (!report.road.empty()) writer.member("road", std::string_view(report.road));
  if (report.age) writer.member("age_us", static_cast<std::int64_t>(report.age->count()));
  if (report.proof) writer.member("proof", std::string_view(*report.proof));
  writer.end();
  return writer.take();
}

Result<feed::Report> parse_report(std::string_view text) {
  json::Reader reader;
  TRY_ASSIGN(const json::Value root, reader.parse(text, kReportLimits));
  if (!root.is_object()) return fail(ErrorCode::kInvalid, "a receipt is a JSON object");
  feed::Report report;
  const auto follower = text_of_member(root, "follower", kMaxFollowerNameBytes);
  if (!follower) return wrong("follower");
  const auto position = text_of_member(root, "position", 64);
  const auto applied = position ? revocation::parse_position(*position) : std::nullopt;
  if (!applied) return wrong("position");
  const auto hash = text_of_member(root, "hash", 2 * report.hash.size());
  if (!hash || !from_hex(*hash, report.hash)) return wrong("hash");
  report.follower = *follower;
  report.applied = *applied;
  // One that says nothing of it is taken for one that accepts.
  if (const auto policy = root.find("policy"); policy && policy->string() != "") {
    const auto told = text_of_member(root, "policy", kMaxFollowerNameBytes);
    if (!told) return wrong("policy");
    report.policy = *told;
  }
  if (root.find("road")) {
    const auto road = text_of_member(root, "road", kMaxRoadBytes);
    if (!road) return wrong("road");
    report.road = *road;
  }
  if (const auto member = root.find("age_us")) {
    const auto age = member->integer();
    if (!age || *age < 0 || *age > kMaxAge.count()) return wrong("age_us");
    report.age = std::chrono::microseconds(*age);
  }
  if (root.find("proof")) {
    const auto proof = text_of_member(root, "proof", feed::kMaxManifestBytes);
    if (!proof) return wrong("proof");
    report.proof = std::string(*proof);
  }
  return report;
}

std::optional<Milliseconds> parse_wait(std::string_view text) {
  std::uint32_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  if (unit == "ms") return std::min<Milliseconds>(Milliseconds(number), kMaxPollWait);
  if (unit == "s") return std::min<Milliseconds>(std::chrono::seconds(number), kMaxPollWait);
  return std::nullopt;
}

}  // namespace rescind::transport
