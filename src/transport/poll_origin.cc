#include "transport/poll_origin.h"

#include <algorithm>
#include <utility>

#include "feed/envelope.h"
#include "feed/manifest.h"
#include "revocation/segment.h"
#include "transport/limits.h"
#include "transport/poll_caller.h"
#include "transport/poll_messages.h"

namespace rescind::transport {
namespace {

constexpr Milliseconds kSegmentTimeout{60'000};

net::FetchRequest question(const FeedCaller& caller, std::string_view path,
                           std::string_view accept) {
  net::FetchRequest request;
  request.url = caller.access.url + std::string(path);
  request.headers = headers_for(caller.access, accept);
  return request;
}

// The body of a good answer.
Result<std::string> body_of(Result<net::Response> response) {
  if (!response) return std::unexpected(std::move(response).error());
  if (response->status != 200) return std::unexpected(error_of(*response));
  return std::move(response->body);
}

Result<PollAnswer> answer_of(Result<net::Response> response) {
  TRY_ASSIGN(const std::string body, body_of(std::move(response)));
  return parse_poll_answer(body);
}

// One download: the manifest, then its segments. It is kept alive by what is under way, and that by
// the caller's client, with which it ends.
class Download : public std::enable_shared_from_this<Download> {
 public:
  Download(FeedCaller& caller, feed::Origin::Then<feed::Snapshot> then)
      : caller_(caller), then_(std::move(then)) {}

  void start() {
    net::FetchRequest request = question(caller_, "/snapshot", "application/jose");
    request.max_body = feed::kMaxManifestBytes;
    caller_.client.fetch(std::move(request), [self = shared_from_this()](auto response) {
      self->on_manifest(body_of(std::move(response)));
    });
  }

 private:
  void on_manifest(Result<std::string> jws) {
    if (!jws) return finish(std::unexpected(std::move(jws).error()));
    const Result<std::vector<Digest>> names = names_in(*jws);
    if (!names) return finish(std::unexpected(names.error()));
    names_ = *names;
    snapshot_.manifest = *std::move(jws);
    snapshot_.segments.resize(names_.size());
    if (names_.empty()) return finish(std::move(snapshot_));
    const std::size_t lanes = std::min(names_.size(), kParallelSegments);
    for (std::size_t lane = 0; lane < lanes; ++lane) fetch_next();
  }

  // Not believed yet, but enough to know what to fetch.
  static Result<std::vector<Digest>> names_in(std::string_view jws) {
    TRY_ASSIGN(const feed::Envelope envelope,
               feed::open_envelope(jws, feed::kManifestType, feed::kMaxManifestBytes));
    TRY_ASSIGN(feed::Manifest manifest, feed::parse_manifest(envelope.payload));
    if (manifest.segments.size() > kMaxSegments) {
      return fail(ErrorCode::kTooLarge, "the snapshot has too many segments");
    }
    return std::move(manifest.segments);
  }

  void fetch_next() {
    if (done_ || next_ == names_.size()) return;
    const std::size_t place = next_++;
    net::FetchRequest request =
        question(caller_, "/segments/" + to_hex(names_[place]), "application/octet-stream");
    request.max_body = revocation::kMaxSegmentBytes;
    request.timeout = kSegmentTimeout;
    caller_.client.fetch(std::move(request), [self = shared_from_this(), place](auto response) {
      self->on_segment(place, body_of(std::move(response)));
    });
  }

  void on_segment(std::size_t place, Result<std::string> segment) {
    if (done_) return;
    if (!segment) return finish(std::unexpected(std::move(segment).error()));
    if (sha256(*segment) != names_[place]) {
      return finish(fail(ErrorCode::kCorrupt, "a snapshot's segment is not the one it is named"));
    }
    snapshot_.segments[place] = *std::move(segment);
    if (++fetched_ == names_.size()) return finish(std::move(snapshot_));
    fetch_next();
  }

  void finish(Result<feed::Snapshot> result) {
    done_ = true;
    then_(std::move(result));
  }

  FeedCaller& caller_;
  const feed::Origin::Then<feed::Snapshot> then_;
  std::vector<Digest> names_;
  feed::Snapshot snapshot_;
  std::size_t next_ = 0;
  std::size_t fetched_ = 0;
  bool done_ = false;
};

}  // namespace

Result<std::unique_ptr<PollOrigin>> PollOrigin::open(net::Loop& loop, FeedAccess access,
                                                     Random& random, Log& log) {
  TRY_ASSIGN(FeedAccess good, checked(std::move(access)));
  auto caller = std::make_unique<FeedCaller>(loop, std::move(good), random, log);
  return std::unique_ptr<PollOrigin>(new PollOrigin(std::move(caller)));
}

PollOrigin::PollOrigin(std::unique_ptr<FeedCaller> caller) : caller_(std::move(caller)) {}
PollOrigin::~PollOrigin() = default;

void PollOrigin::batches_after(feed::Position after, Then<std::vector<std::string>> then) {
  net::FetchRequest request =
      question(*caller_, "?wait=0s&after=" + revocation::to_string(after), "application/json");
  request.max_body = kMaxPollBytes;
  caller_->client.fetch(std::move(request), [then = std::move(then)](auto response) {
    Result<PollAnswer> answer = answer_of(std::move(response));
    if (!answer) return then(std::unexpected(std::move(answer).error()));
    then(std::move(answer->batches));
  });
}

void PollOrigin::heartbeat(Then<std::string> then) {
  net::FetchRequest request = question(*caller_, "?wait=0s", "application/json");
  request.max_body = kMaxPollBytes;
  caller_->client.fetch(std::move(request), [then = std::move(then)](auto response) {
    Result<PollAnswer> answer = answer_of(std::move(response));
    if (!answer) return then(std::unexpected(std::move(answer).error()));
    if (!answer->heartbeat) {
      return then(fail(ErrorCode::kUnavailable, "the feed's server has no heartbeat yet"));
    }
    then(*std::move(answer->heartbeat));
  });
}

void PollOrigin::snapshot(Then<feed::Snapshot> then) {
  std::make_shared<Download>(*caller_, std::move(then))->start();
}

void PollOrigin::report(const feed::Report& report, Then<void> then) {
  net::FetchRequest request = question(*caller_, "/receipts", "application/problem+json");
  request.method = net::Method::kPost;
  request.content_type = "application/json";
  request.body = encode_report(report);
  caller_->client.fetch(std::move(request), [then = std::move(then)](auto response) {
    if (!response) return then(std::unexpected(std::move(response).error()));
    if (response->status / 100 != 2) return then(std::unexpected(error_of(*response)));
    then({});
  });
}

void PollOrigin::give_back(const std::vector<std::string>& words, Then<bool> then) {
  net::FetchRequest request = question(*caller_, "/lost", "application/problem+json");
  request.method = net::Method::kPost;
  request.content_type = "application/json";
  const std::vector<std::string_view> views(words.begin(), words.end());
  request.body = encode_poll_answer(views, std::nullopt);
  caller_->client.fetch(std::move(request), [then = std::move(then)](auto response) {
    if (!response) return then(std::unexpected(std::move(response).error()));
    if (response->status / 100 != 2) return then(std::unexpected(error_of(*response)));
    then(response->status == 202);
  });
}

}  // namespace rescind::transport
