#include "transport/amqp_queue.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace rescind::transport {
namespace {

constexpr std::string_view kType = "x-queue-type";
constexpr std::string_view kStream = "stream";
constexpr std::string_view kMaxAge = "x-max-age";
// As many as a stream can have, and some.
constexpr int kMostArguments = 16;

std::string admin(const AmqpAccess& access, const std::string& rest) {
  const std::string vhost = access.vhost == "/" ? "" : " --vhost='" + access.vhost + "'";
  return "rabbitmqadmin" + vhost + " " + rest;
}
std::string create_command(const AmqpAccess& access, const std::string& queue) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(access.retention).count();
  return admin(access, "declare queue name=" + queue +
                           R"( durable=true 'arguments={"x-queue-type":"stream","x-max-age":")" +
                           std::to_string(seconds) +
                           R"(s","x-stream-max-segment-size-bytes":50000000}')");
}
std::string recreate_command(const AmqpAccess& access, const std::string& queue) {
  return admin(access, "delete queue name=" + queue) + " && " + create_command(access, queue);
}

std::unexpected<Error> refused(const std::string& queue, const std::string& why,
                               const std::string& command) {
  return fail(ErrorCode::kInvalid, "amqp queue '" + queue + "' " + why + ": " + command);
}

std::optional<std::int64_t> read_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
  return error == std::errc() && end == text.end() ? std::optional(value) : std::nullopt;
}

// What is between this and that; advances past it.
std::optional<std::string_view> cut(std::string_view& text, std::string_view from,
                                    std::string_view to) {
  const std::size_t begin = text.find(from);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t first = begin + from.size();
  const std::size_t end = text.find(to, first);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view between = text.substr(first, end - first);
  text.remove_prefix(end + to.size());
  return between;
}

// Believes to know the arguments, and is told where it is wrong, until it is not.
Result<AmqpArguments> arguments_of(AmqpClient& client, const std::string& queue) {
  AmqpArguments known = {{std::string(kType), std::string(kStream)}};
  for (int i = 0; i < kMostArguments; ++i) {
    const auto declared = client.declare_queue(queue, known);
    if (declared) return known;
    if (declared.error().code != ErrorCode::kConflict) return std::unexpected(declared.error());
    const auto difference = read_difference(declared.error().message);
    if (!difference) return std::unexpected(declared.error());
    const auto at =
        std::ranges::find(known, difference->name, &std::pair<std::string, AmqpValue>::first);
    if (difference->name == kType || at != known.end() || !difference->is) {
      return AmqpArguments{{difference->name, difference->is.value_or("")}};
    }
    known.emplace_back(difference->name, *difference->is);
  }
  return fail(ErrorCode::kConflict, "amqp: the queue '" + queue + "' has too many arguments");
}

Result<void> check_arguments(const AmqpAccess& access, const std::string& queue,
                             const AmqpArguments& arguments) {
  const auto find = [&](std::string_view name) -> const std::string* {
    const auto at = std::ranges::find(arguments, name, &std::pair<std::string, AmqpValue>::first);
    return at == arguments.end() ? nullptr : std::get_if<std::string>(&at->second);
  };
  const std::string* const type = find(kType);
  if (type == nullptr || *type != kStream) {
    return refused(queue, "is no stream, which many can read, each from where it was; mend it by",
                   recreate_command(access, queue));
  }
  const std::string* const text = find(kMaxAge);
  const auto age = text == nullptr ? std::nullopt : read_age(*text);
  if (age && *age < access.retention) {
    return refused(
        queue,
        "keeps messages for " + *text + " (x-max-age), less than " +
            std::to_string(std::chrono::ceil<std::chrono::seconds>(access.retention).count()) +
            " s; mend it by",
        recreate_command(access, queue));
  }
  return {};
}

Result<void> check(AmqpClient& client, const AmqpAccess& access, const std::string& queue,
                   Log& log) {
  // First: to declare what does not exist would make it.
  TRY(client.find_queue(queue));
  const auto arguments = arguments_of(client, queue);
  if (arguments) return check_arguments(access, queue, *arguments);
  const ErrorCode code = arguments.error().code;
  if (code != ErrorCode::kUnauthorized && code != ErrorCode::kConflict) {
    return std::unexpected(arguments.error());
  }
  log.warning("amqp queue's arguments are not known",
              {{"queue", queue}, {"why", arguments.error().message}});
  return {};
}

}  // namespace

// "… inequivalent arg 'x-max-age' for queue 'q' in vhost '/': received none but current is the
// value '1h' of type 'longstr'", or "… received '2h' but current is '1h'", or "… but current is
// none".
std::optional<AmqpDifference> read_difference(std::string_view message) {
  const auto name = cut(message, "inequivalent arg '", "' for queue '");
  if (!name) return std::nullopt;
  AmqpDifference difference{.name = std::string(*name), .is = {}};
  constexpr std::string_view kCurrent = "but current is ";
  const std::size_t at = message.rfind(kCurrent);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view current = message.substr(at + kCurrent.size());
  if (current == "none") return difference;
  const auto value = cut(current, "'", "'");
  if (!value) return std::nullopt;
  const auto type = cut(current, "of type '", "'");
  const auto number = type && *type != "longstr" ? read_number(*value) : std::nullopt;
  difference.is = number ? AmqpValue(*number) : AmqpValue(std::string(*value));
  return difference;
}

std::optional<Milliseconds> read_age(std::string_view text) {
  constexpr std::pair<char, std::int64_t> kUnits[] = {
      {'Y', 31'536'000}, {'M', 2'592'000}, {'D', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}};
  if (text.empty()) return std::nullopt;
  const auto unit = std::ranges::find(kUnits, text.back(), &std::pair<char, std::int64_t>::first);
  const auto count = read_number(text.substr(0, text.size() - 1));
  constexpr std::int64_t kMostYears = 1'000'000;
  if (unit == std::end(kUnits) || !count || *count < 0) return std::nullopt;
  return std::chrono::seconds(std::min(*count, kMostYears) * unit->second);
}

std::vector<std::string> amqp_plan(const AmqpAccess& access) {
  return {create_command(access, access.queue), create_command(access, access.snapshot_queue())};
}

std::vector<std::string> amqp_requests_plan(const AmqpAccess& access) {
  return {create_command(access, access.queue)};
}

Result<void> check_queue(AmqpClient& client, const AmqpAccess& access, Log& log) {
  auto checked = check(client, access, access.queue, log);
  if (!checked && checked.error().code == ErrorCode::kNotFound) {
    return refused(access.queue, "does not exist, and is not made by itself; make it by",
                   create_command(access, access.queue));
  }
  return checked;
}

Result<bool> check_snapshot_queue(AmqpClient& client, const AmqpAccess& access, Log& log) {
  auto checked = check(client, access, access.snapshot_queue(), log);
  if (!checked && checked.error().code == ErrorCode::kNotFound) {
    log.warning("no queue for snapshots: who reaches nothing but RabbitMQ cannot start",
                {{"make it by", create_command(access, access.snapshot_queue())}});
    return false;
  }
  if (!checked) return std::unexpected(std::move(checked).error());
  return true;
}

}  // namespace rescind::transport
