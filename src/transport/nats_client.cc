#include "transport/nats_client.h"

#include <nats/nats.h>

#include <charconv>
#include <utility>
#include <vector>

#include "base/check.h"
#include "transport/nats_ack.h"

namespace rescind::transport {
namespace {

constexpr std::int64_t kNanosecondsOfMs = 1'000'000;
// A connection on which nobody answers is over after three of them.
constexpr std::int64_t kPingMs = 2'000;
constexpr int kPings = 2;
// How often the server says that it is there where nothing else is to be said.
constexpr std::int64_t kIdleHeartbeatNs = 1'000 * kNanosecondsOfMs;

struct Deleter {
  void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
  void operator()(natsConnection* connection) const {
    natsConnection_Close(connection);
    natsConnection_Destroy(connection);
  }
  void operator()(jsCtx* context) const { jsCtx_Destroy(context); }
  void operator()(natsSubscription* subscription) const { natsSubscription_Destroy(subscription); }
  void operator()(natsInbox* inbox) const { natsInbox_Destroy(inbox); }
  void operator()(natsMsg* message) const { natsMsg_Destroy(message); }
  void operator()(jsStreamInfo* info) const { jsStreamInfo_Destroy(info); }
  void operator()(jsMsgMetaData* meta) const { jsMsgMetaData_Destroy(meta); }
};
template <typename T>
using Owned = std::unique_ptr<T, Deleter>;

ErrorCode code_of(natsStatus status, jsErrCode reason) {
  if (reason == JSStreamNotFoundErr || reason == JSNoMessageFoundErr) return ErrorCode::kNotFound;
  switch (status) {
    case NATS_CONNECTION_AUTH_FAILED:
    case NATS_NOT_PERMITTED:
      return ErrorCode::kUnauthorized;
    case NATS_TIMEOUT:
      return ErrorCode::kTimeout;
    case NATS_MAX_PAYLOAD:
      return ErrorCode::kTooLarge;
    default:
      return ErrorCode::kUnavailable;
  }
}

// "nats: reading a stream's settings: Timeout"
Error error_of(natsStatus status, jsErrCode reason, std::string_view doing,
               natsConnection* connection = nullptr) {
  std::string why = natsStatus_GetText(status);
  if (status == NATS_NO_RESPONDERS || reason == JSNotEnabledErr ||
      reason == JSNotEnabledForAccountErr) {
    why = "JetStream is not enabled there, or no stream takes it";
  } else if (const char* more = nats_GetLastError(nullptr); more != nullptr && *more != '\0') {
    why += " (" + quoted_from_server(more) + ")";
  }
  // What a user may not do the server says only here; whoever asks hears nothing.
  const char* said = nullptr;
  if (connection != nullptr && natsConnection_GetLastError(connection, &said) != NATS_OK &&
      said != nullptr) {
    why += ", the server says: " + quoted_from_server(said);
  }
  return {.code = code_of(status, reason), .message = "nats: " + std::string(doing) + ": " + why};
}

// The library prints what nobody handles. All of it comes back from the calls, too.
void ignore(natsConnection* /*connection*/, natsSubscription* /*subscription*/,
            natsStatus /*error*/, void* /*closure*/) {}

natsStatus set_security(natsOptions* options, const NatsAccess& access) {
  const auto path = [](const std::string& file) { return file.c_str(); };
  natsStatus status = NATS_OK;
  if (!access.user.empty()) {
    status = natsOptions_SetUserInfo(options, access.user.c_str(),
                                     std::string(access.password.expose()).c_str());
  }
  if (status == NATS_OK && !access.credentials_file.empty()) {
    status =
        natsOptions_SetUserCredentialsFromFiles(options, path(access.credentials_file), nullptr);
  }
  if (status == NATS_OK && access.tls) status = natsOptions_SetSecure(options, true);
  if (status == NATS_OK && !access.ca_file.empty()) {
    status = natsOptions_LoadCATrustedCertificates(options, path(access.ca_file));
  }
  if (status == NATS_OK && !access.certificate_file.empty()) {
    status = natsOptions_LoadCertificatesChain(options, path(access.certificate_file),
                                               path(access.key_file));
  }
  return status;
}

Result<Owned<natsOptions>> options_of(const NatsAccess& access) {
  natsOptions* made = nullptr;
  natsStatus status = natsOptions_Create(&made);
  Owned<natsOptions> options(made);
  std::vector<std::string> urls;
  for (const std::string& host : access.hosts) urls.push_back("nats://" + host);
  std::vector<const char*> servers;
  for (const std::string& url : urls) servers.push_back(url.c_str());
  const auto set = [&](natsStatus next) { status = status == NATS_OK ? next : status; };
  set(natsOptions_SetServers(made, servers.data(), static_cast<int>(servers.size())));
  set(natsOptions_SetName(made, "rescind"));
  set(natsOptions_SetTimeout(made, access.answer_within.count()));
  set(natsOptions_SetWriteDeadline(made, access.answer_within.count()));
  set(natsOptions_SetPingInterval(made, kPingMs));
  set(natsOptions_SetMaxPingsOut(made, kPings));
  set(natsOptions_SetAllowReconnect(made, false));
  // Where else to find the server is for the URL to say, and not for whoever answers.
  set(natsOptions_SetIgnoreDiscoveredServers(made, true));
  // Else what is sent waits for a thread that sends it.
  set(natsOptions_SetSendAsap(made, true));
  set(natsOptions_SetErrorHandler(made, ignore, nullptr));
  set(set_security(made, access));
  if (status != NATS_OK) {
    Error error = error_of(status, jsErrCode{}, "what the URL says");
    error.code = ErrorCode::kInvalid;
    return std::unexpected(std::move(error));
  }
  return options;
}

std::string_view data_of(const Owned<natsMsg>& message) {
  return {natsMsg_GetData(message.get()),
          static_cast<std::size_t>(natsMsg_GetDataLength(message.get()))};
}

NatsStream described(const jsStreamInfo& info) {
  NatsStream stream;
  const jsStreamConfig& config = *info.Config;
  for (int i = 0; i < config.SubjectsLen; ++i) stream.subjects.emplace_back(config.Subjects[i]);
  stream.on_disk = config.Storage == js_FileStorage;
  stream.keeps_by_limits = config.Retention == js_LimitsPolicy;
  stream.discards_old = config.Discard == js_DiscardOld;
  stream.confirms = !config.NoAck;
  stream.sealed = config.Sealed;
  stream.max_age = Milliseconds(config.MaxAge / kNanosecondsOfMs);
  stream.max_messages = config.MaxMsgs;
  stream.max_messages_of_a_subject = config.MaxMsgsPerSubject;
  stream.max_bytes = config.MaxBytes;
  stream.max_message_bytes = config.MaxMsgSize;
  stream.created = info.Created;
  stream.first = static_cast<std::int64_t>(info.State.FirstSeq);
  stream.last = static_cast<std::int64_t>(info.State.LastSeq);
  stream.messages = static_cast<std::int64_t>(info.State.Msgs);
  return stream;
}

}  // namespace

struct NatsClient::Handles {
  Owned<natsConnection> connection;
  Owned<jsCtx> jetstream;
  Owned<natsInbox> inbox;  // confirmations come to <inbox>.<number>
  Owned<natsSubscription> confirmations;
  Owned<natsSubscription> reading;
};

NatsClient::NatsClient(std::unique_ptr<Handles> handles, Milliseconds answer_within)
    : handles_(std::move(handles)), answer_within_(answer_within) {}

// First the library's thread that reads ends: a subscription that goes while a message comes for it
// is used after it was freed (3.4.1).
NatsClient::~NatsClient() { natsConnection_Close(handles_->connection.get()); }

Result<std::unique_ptr<NatsClient>> NatsClient::connect(const NatsAccess& access) {
  TRY_ASSIGN(const Owned<natsOptions> options, options_of(access));
  auto handles = std::make_unique<Handles>();
  natsConnection* connection = nullptr;
  if (const auto status = natsConnection_Connect(&connection, options.get()); status != NATS_OK) {
    return std::unexpected(error_of(status, jsErrCode{}, "connecting"));
  }
  handles->connection.reset(connection);
  jsOptions asking;
  jsOptions_Init(&asking);
  asking.Wait = access.answer_within.count();
  jsCtx* jetstream = nullptr;
  natsInbox* inbox = nullptr;
  natsStatus status = natsConnection_JetStream(&jetstream, connection, &asking);
  handles->jetstream.reset(jetstream);
  if (status == NATS_OK) status = natsInbox_Create(&inbox);
  handles->inbox.reset(inbox);
  if (status != NATS_OK) return std::unexpected(error_of(status, jsErrCode{}, "connecting"));
  return std::unique_ptr<NatsClient>(new NatsClient(std::move(handles), access.answer_within));
}

std::int64_t NatsClient::max_payload() const {
  return natsConnection_GetMaxPayload(handles_->connection.get());
}

Result<NatsStream> NatsClient::stream(const std::string& name) {
  jsStreamInfo* got = nullptr;
  auto reason = jsErrCode{};
  const auto status =
      js_GetStreamInfo(&got, handles_->jetstream.get(), name.c_str(), nullptr, &reason);
  const Owned<jsStreamInfo> info(got);
  if (status != NATS_OK) {
    return std::unexpected(
        error_of(status, reason, "reading a stream's settings", handles_->connection.get()));
  }
  if (info == nullptr || info->Config == nullptr) {
    return fail(ErrorCode::kCorrupt, "nats: what is answered is no stream");
  }
  return described(*info);
}

Result<void> NatsClient::check(const NatsAccess& access, const NatsNeed& need) {
  TRY(check_nats_payload(need, max_payload()));
  const auto is = stream(need.name);
  if (is) return check_nats_stream(access, need, *is);
  if (is.error().code != ErrorCode::kNotFound) return std::unexpected(is.error());
  return fail(ErrorCode::kInvalid, "nats stream '" + need.name +
                                       "' does not exist, and is not made by itself; make it by: " +
                                       add_command(access, need));
}

Result<std::optional<std::string>> NatsClient::message(const std::string& stream,
                                                       std::int64_t number) {
  natsMsg* got = nullptr;
  auto reason = jsErrCode{};
  const auto status = js_GetMsg(&got, handles_->jetstream.get(), stream.c_str(),
                                static_cast<std::uint64_t>(number), nullptr, &reason);
  const Owned<natsMsg> message(got);
  if (status == NATS_OK) return std::string(data_of(message));
  Error error = error_of(status, reason, "reading a message", handles_->connection.get());
  if (error.code == ErrorCode::kNotFound && reason == JSNoMessageFoundErr) return std::nullopt;
  return std::unexpected(std::move(error));
}

Result<void> NatsClient::purge(const std::string& stream, std::int64_t before) {
  if (before <= 1) return {};  // the server would take this for all of it
  jsOptions options;
  jsOptions_Init(&options);
  options.Wait = answer_within_.count();
  options.Stream.Purge.Sequence = static_cast<std::uint64_t>(before);
  auto reason = jsErrCode{};
  const auto status = js_PurgeStream(handles_->jetstream.get(), stream.c_str(), &options, &reason);
  if (status == NATS_OK) return {};
  return std::unexpected(error_of(status, reason, "purging a stream", handles_->connection.get()));
}

NatsPublished NatsClient::publish(const std::string& subject, const std::string& stream,
                                  std::span<const std::string_view> messages) {
  constexpr std::string_view kDoing = "publishing";
  natsConnection* const connection = handles_->connection.get();
  const std::string prefix = std::string(handles_->inbox.get()) + ".";
  NatsPublished result;
  const auto failed = [&](natsStatus status) {
    if (!result.why) result.why = error_of(status, jsErrCode{}, kDoing, connection);
  };
  if (handles_->confirmations == nullptr) {
    natsSubscription* made = nullptr;
    const auto status = natsConnection_SubscribeSync(&made, connection, (prefix + "*").c_str());
    handles_->confirmations.reset(made);
    if (status != NATS_OK) failed(status);
  }

  // A confirmation that comes too late is of a number that nobody waits for any more.
  const std::uint64_t base = next_reply_;
  next_reply_ += messages.size();
  std::size_t sent = 0;
  for (; sent < messages.size() && !result.why; ++sent) {
    const std::string reply = prefix + std::to_string(base + sent);
    const auto status = natsConnection_PublishRequest(connection, subject.c_str(), reply.c_str(),
                                                      messages[sent].data(),
                                                      static_cast<int>(messages[sent].size()));
    if (status != NATS_OK) {
      failed(status);
      break;
    }
  }

  std::vector<std::int64_t> numbers(sent, 0);
  for (std::size_t waiting = sent; waiting > 0;) {
    natsMsg* got = nullptr;
    const auto status =
        natsSubscription_NextMsg(&got, handles_->confirmations.get(), answer_within_.count());
    const Owned<natsMsg> message(got);
    if (status != NATS_OK) {
      failed(status);
      break;
    }
    const std::string_view to = natsMsg_GetSubject(message.get());
    std::uint64_t reply = 0;
    std::from_chars(to.data() + std::min(prefix.size(), to.size()), to.data() + to.size(), reply);
    if (reply < base || reply - base >= sent || numbers[reply - base] != 0) continue;
    auto number = read_nats_ack(data_of(message), stream);
    numbers[reply - base] = number.value_or(-1);
    if (!number && !result.why) result.why = std::move(number).error();
    --waiting;
  }
  while (result.confirmed < sent && numbers[result.confirmed] > 0) ++result.confirmed;
  if (result.confirmed > 0) result.first = numbers[0];
  return result;
}

// A consumer of this connection alone, which needs no acknowledgments, and is gone with it. The
// server sends no more than we take (flow control), so nothing is dropped here.
Result<void> NatsClient::start(const std::string& stream, const std::string& subject,
                               std::int64_t first) {
  CHECK(handles_->reading == nullptr);
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Stream = stream.c_str();
  options.Config.AckPolicy = js_AckNone;
  options.Config.DeliverPolicy = js_DeliverByStartSequence;
  options.Config.OptStartSeq = static_cast<std::uint64_t>(first);
  options.Config.FlowControl = true;
  options.Config.Heartbeat = kIdleHeartbeatNs;
  options.Config.MemoryStorage = true;
  natsSubscription* made = nullptr;
  auto reason = jsErrCode{};
  auto status = js_SubscribeSync(&made, handles_->jetstream.get(), subject.c_str(), nullptr,
                                 &options, &reason);
  handles_->reading.reset(made);
  if (status == NATS_OK) status = natsSubscription_SetPendingLimits(made, -1, -1);
  if (status == NATS_OK) return {};
  return std::unexpected(error_of(status, reason, "reading a stream", handles_->connection.get()));
}

Result<void> NatsClient::read(Milliseconds wait, const Take& take) {
  for (std::int64_t next_wait = wait.count();; next_wait = 0) {
    natsMsg* got = nullptr;
    const auto status = natsSubscription_NextMsg(&got, handles_->reading.get(), next_wait);
    const Owned<natsMsg> message(got);
    if (status == NATS_TIMEOUT) return {};
    if (status != NATS_OK) {
      return std::unexpected(
          error_of(status, jsErrCode{}, "reading a stream", handles_->connection.get()));
    }
    jsMsgMetaData* read = nullptr;
    if (natsMsg_GetMetaData(&read, message.get()) != NATS_OK) continue;  // of no stream
    const Owned<jsMsgMetaData> meta(read);
    const NatsMessage seen{.number = static_cast<std::int64_t>(meta->Sequence.Stream),
                           .left = meta->NumPending,
                           .data = data_of(message)};
    if (!take(seen)) return {};
  }
}

}  // namespace rescind::transport
