#pragma once
// Whether a route looks at revocations, and how soon: signs a canary in, calls the route, signs the
// canary out, and calls until it is refused. Its session ends in any case. Blocking; one thread.

#include <string>

#include "base/json.h"
#include "base/secret.h"
#include "cli/api.h"

namespace rescind::cli {

class Caller;

// Who is signed in for a probe: a user by name and password, or a subject that the client of
// RESCIND_CLIENT_ID may open a session for.
struct ProbeUser {
  std::string name;  // empty: the client opens the session
  Secret password;
  std::string client_id = "first-party";
  std::string audience;
  std::string scope;
};

struct Probed {
  enum class Finding : std::uint8_t {
    kRefused,       // it looks at revocations
    kNeverRefused,  // within the time
    kUnguarded,     // it answers whoever has no token at all
    kRefusesGood,   // a good token, too: nothing can be said
  };
  Finding finding = Finding::kNeverRefused;
  std::string url;
  std::string position;      // of the revocation
  double refused_ms = 0;     // from the acknowledgement to the first refusal
  double settled_ms = 0;     // to the first of the last run of refusals
  std::uint64_t passed = 0;  // requests that were begun after the acknowledgement, and let through
  std::uint64_t failed = 0;  // of these, neither let through nor refused, as 503
  int status = 0;            // of the last answer
  std::string why;

  // Whether it is refused by now, and was within `max` (0: however late).
  bool kept(Milliseconds max) const;
};

class Probe {
 public:
  struct Options {
    Globals globals;
    std::string url;
    ProbeUser user;
  };
  static constexpr int kConfirm = 10;  // refusals in a row, on connections of their own

  explicit Probe(Options options) : options_(std::move(options)) {}

  // An error: the authority, or the route, does not answer, or not as it should.
  Result<Probed> run();

 private:
  struct Session {
    std::string token;
    std::string id;
  };
  Result<Session> sign_in();
  Result<Reply> sign_out(const Session& session);
  Result<Probed> probe(const Session& session);
  Result<void> measure(Caller& route, const Session& session, Probed& probed);

  Options options_;
};

std::string text_of(const Probed& probed);
void write(json::Writer& out, const Probed& probed);

}  // namespace rescind::cli
