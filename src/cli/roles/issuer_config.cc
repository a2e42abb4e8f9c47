#include "cli/roles/issuer_config.h"

#include "cli/roles/process.h"

namespace rescind::cli {

void describe_verified_issuer(daemon::Schema& schema, VerifiedIssuerConfig& config) {
  using std::chrono::hours;
  using std::chrono::seconds;
  schema.text("url", config.url, "exactly as in `iss`").required();
  schema
      .list("audiences", config.audiences,
            "one of them has to be in `aud`; []: `aud` is not looked at")
      .required();
  schema.list("algorithms", config.algorithms, "allowed for its tokens");
  schema.list("types", config.types, "allowed as `typ` of its tokens");
  schema.truth("type_required", config.type_required, "false: tokens without `typ` pass");
  schema.truth("token_id_required", config.token_id_required,
               "false: tokens without `jti` pass, and cannot be revoked singly");
  schema.text("jwks_url", config.jwks_url, "its keys; left out: by OpenID Connect Discovery");
  schema.secret("shared_secret", config.shared_secret,
                "in place of keys, for the one of HS256, HS384, HS512 that is in algorithms");
  schema.text("shared_secret_kid", config.shared_secret_kid, "the `kid` that goes with it");
  schema.text("ca_file", config.ca_file,
              "PEM file of who signs its certificate; left out: the system's authorities");
  schema.duration("refresh_keys_every", config.refresh_keys_every, {seconds(10), hours(24)},
                  "how often its keys are fetched");
  schema.duration("unknown_key_pause", config.unknown_key_pause, {seconds(1), hours(1)},
                  "at least, between two fetches because a token names a key that is not known");
  schema.duration("max_key_age", config.max_key_age, {seconds(60), hours(24 * 30)},
                  "how long keys are used that cannot be fetched anew");
}

Result<std::vector<jwt::Algorithm>> algorithms_of(const std::vector<std::string>& names,
                                                  std::string_view setting) {
  std::vector<jwt::Algorithm> algorithms;
  for (const std::string& name : names) {
    const auto algorithm = jwt::algorithm_named(name);
    if (!algorithm) {
      return fail(ErrorCode::kInvalid, std::string(setting) + ": '" + name +
                                           "' is not one of RS, PS, ES, HS with 256, 384, 512, "
                                           "and EdDSA");
    }
    algorithms.push_back(*algorithm);
  }
  return algorithms;
}

Result<issuer::IssuerOptions> issuer_options_of(const VerifiedIssuerConfig& config) {
  issuer::IssuerOptions options;
  options.issuer = config.url;
  options.audiences = config.audiences;
  TRY_ASSIGN(options.algorithms,
             algorithms_of(config.algorithms, "trusted issuer " + config.url + ": algorithms"));
  options.types = config.types;
  options.type_required = config.type_required;
  options.token_id_required = config.token_id_required;
  options.jwks_url = config.jwks_url;
  options.shared_secret = config.shared_secret;
  options.shared_secret_key_id = config.shared_secret_kid;
  options.refresh_every = config.refresh_keys_every;
  options.cool_down = config.unknown_key_pause;
  options.max_key_age = config.max_key_age;
  if (!config.ca_file.empty()) {
    TRY_ASSIGN(options.authorities, read_text_file(config.ca_file));
  }
  return options;
}

}  // namespace rescind::cli
