#include "transport/amqp_client.h"

#include <amqp.h>
#include <openssl/err.h>

#include <array>

#include "transport/amqp_internal.h"

namespace rescind::transport {
namespace {

// How long a farewell may take.
constexpr timeval kFarewell{.tv_sec = 0, .tv_usec = 200'000};

amqp_bytes_t bytes_of(std::string_view text) {
  // They are only read.
  return {.len = text.size(), .bytes = const_cast<char*>(text.data())};
}
std::string_view text_of(amqp_bytes_t bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

amqp_table_entry_t entry(std::string_view name, const AmqpValue& value) {
  amqp_table_entry_t made{};
  made.key = bytes_of(name);
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    made.value.kind = AMQP_FIELD_KIND_I64;
    made.value.value.i64 = *number;
  } else {
    made.value.kind = AMQP_FIELD_KIND_UTF8;
    made.value.value.bytes = bytes_of(std::get<std::string>(value));
  }
  return made;
}

ErrorCode code_of(int status) {
  switch (status) {
    case AMQP_STATUS_TIMEOUT:
    case AMQP_STATUS_HEARTBEAT_TIMEOUT:
      return ErrorCode::kTimeout;
    case AMQP_STATUS_NO_MEMORY:
      return ErrorCode::kExhausted;
    case AMQP_STATUS_BAD_AMQP_DATA:
    case AMQP_STATUS_UNKNOWN_CLASS:
    case AMQP_STATUS_UNKNOWN_METHOD:
    case AMQP_STATUS_WRONG_METHOD:
    case AMQP_STATUS_UNEXPECTED_STATE:
      return ErrorCode::kCorrupt;
    default:
      return ErrorCode::kUnavailable;
  }
}

}  // namespace

AmqpClient::~AmqpClient() {
  if (!dead_) {
    amqp_set_rpc_timeout(connection_, &kFarewell);
    amqp_connection_close(connection_, AMQP_REPLY_SUCCESS);
  }
  amqp_destroy_connection(connection_);
}

Error AmqpClient::failed(int status, std::string_view doing) {
  dead_ = true;
  Error error{.code = code_of(status),
              .message = "amqp: " + std::string(doing) + ": " + amqp_error_string2(status)};
  const char* const why = ERR_reason_error_string(ERR_peek_last_error());
  const bool of_tls = status <= AMQP_STATUS_SSL_ERROR && status > _AMQP_STATUS_SSL_NEXT_VALUE;
  if (of_tls && why != nullptr) error.message += std::string(": ") + why;
  ERR_clear_error();
  return error;
}

Result<void> AmqpClient::sent(int status, std::string_view doing) {
  if (status != AMQP_STATUS_OK) return std::unexpected(failed(status, doing));
  return {};
}

Result<void> AmqpClient::answered(std::string_view doing) {
  return answered(amqp_get_rpc_reply(connection_), doing);
}

// An exception ends the channel, or the connection.
Result<void> AmqpClient::answered(const amqp_rpc_reply_t& reply, std::string_view doing) {
  const std::string what = "amqp: " + std::string(doing) + ": ";
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return {};
  if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) {
    return std::unexpected(failed(reply.library_error, doing));
  }
  if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
      reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
    const auto* const close = static_cast<const amqp_channel_close_t*>(reply.reply.decoded);
    Error error{.code = amqp_error_code(close->reply_code, text_of(close->reply_text)),
                .message = what + shown(text_of(close->reply_text))};
    channel_open_ = false;
    amqp_channel_close_ok_t ok{};
    TRY(sent(amqp_send_method(connection_, kAmqpChannel, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok),
             doing));
    return std::unexpected(std::move(error));
  }
  dead_ = true;
  if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
      reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD) {
    const auto* const close = static_cast<const amqp_connection_close_t*>(reply.reply.decoded);
    return fail(amqp_error_code(close->reply_code, text_of(close->reply_text)),
                what + shown(text_of(close->reply_text)));
  }
  return fail(ErrorCode::kCorrupt, what + "what the broker answers is no answer");
}

Result<void> AmqpClient::open_channel() {
  if (channel_open_) return {};
  amqp_channel_open(connection_, kAmqpChannel);
  TRY(answered("opening a channel"));
  channel_open_ = true;
  return {};
}

Result<void> AmqpClient::find_queue(const std::string& queue) {
  TRY(open_channel());
  amqp_queue_declare(connection_, kAmqpChannel, bytes_of(queue), 1, 0, 0, 0, amqp_empty_table);
  return answered("looking for the queue '" + queue + "'");
}

Result<void> AmqpClient::declare_queue(const std::string& queue, const AmqpArguments& arguments) {
  TRY(open_channel());
  std::vector<amqp_table_entry_t> entries;
  entries.reserve(arguments.size());
  for (const auto& [name, value] : arguments) entries.push_back(entry(name, value));
  const amqp_table_t table{.num_entries = static_cast<int>(entries.size()),
                           .entries = entries.data()};
  amqp_queue_declare(connection_, kAmqpChannel, bytes_of(queue), 0, 1, 0, 0, table);
  return answered("declaring the queue '" + queue + "'");
}

Result<void> AmqpClient::consume(const std::string& queue, const std::string& consumer,
                                 const AmqpValue& from, std::uint16_t ahead) {
  TRY(open_channel());
  amqp_basic_qos(connection_, kAmqpChannel, 0, ahead, 0);
  TRY(answered("asking for a window"));
  std::array arguments = {entry("x-stream-offset", from)};
  const amqp_table_t table{.num_entries = static_cast<int>(arguments.size()),
                           .entries = arguments.data()};
  amqp_basic_consume(connection_, kAmqpChannel, bytes_of(queue), bytes_of(consumer), 0, 0, 0,
                     table);
  return answered("reading the queue '" + queue + "'");
}

Result<void> AmqpClient::cancel(const std::string& consumer) {
  amqp_basic_cancel(connection_, kAmqpChannel, bytes_of(consumer));
  return answered("ending a reading");
}

Result<void> AmqpClient::acknowledge(std::uint64_t tag) {
  return sent(amqp_basic_ack(connection_, kAmqpChannel, tag, 1), "acknowledging");
}

Result<void> AmqpClient::expect_confirms() {
  TRY(open_channel());
  amqp_confirm_select(connection_, kAmqpChannel);
  return answered("asking for confirms");
}

// Mandatory: a message without a queue to lie in comes back, instead of being confirmed alone.
Result<void> AmqpClient::publish(const std::string& queue, std::string_view body) {
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG;
  properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
  return sent(amqp_basic_publish(connection_, kAmqpChannel, amqp_empty_bytes, bytes_of(queue), 1, 0,
                                 &properties, bytes_of(body)),
              "publishing");
}

}  // namespace rescind::transport
