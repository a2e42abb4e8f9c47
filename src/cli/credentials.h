#pragma once
// Who the person at the command line is: the tokens of `rescind login`, kept in a file of mode 0600
// that is replaced atomically, and the client whose secret an administrator has. One thread.

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "cli/api.h"
#include "cli/command.h"

namespace rescind::cli {

struct Credentials {
  std::string address;  // of the authority that gave them
  std::string access_token;
  std::string refresh_token;
  std::string session_id;
  std::int64_t expires_at = 0;  // s
};

// $RESCIND_CREDENTIALS, else $XDG_CONFIG_HOME/rescind/credentials.json, else under ~/.config.
std::string credentials_path();
// kNotFound: nobody is signed in. kInvalid: others may read the file.
Result<Credentials> load_credentials();
Result<void> save_credentials(const Credentials& credentials);
void forget_credentials();
// Keeps what a sign-in or a refresh answered.
Result<Credentials> keep_pair(const Globals& globals, const Reply& pair);
// Rotates the refresh token now.
Result<Credentials> refresh_credentials(const Globals& globals);

// `Authorization` of an administrator's call: the client named by RESCIND_CLIENT_ID with the secret
// in RESCIND_CLIENT_SECRET or the file RESCIND_CLIENT_SECRET_FILE. kUnauthorized with what to set.
Result<std::string> client_authorization();
// The person's own: the access token, refreshed where it has expired.
Result<std::string> user_authorization(const Globals& globals);

}  // namespace rescind::cli
