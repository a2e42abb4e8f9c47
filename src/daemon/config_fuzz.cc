// Configuration files: whatever the bytes are, load() ends with a value or with an error of text.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "daemon/config.h"
#include "daemon/config_show.h"

namespace {

using rescind::daemon::Schema;

struct Group {
  std::string url;
};

struct Options {
  std::int64_t version = 1;
  rescind::Milliseconds ttl{1000};
  std::uint64_t body = 1024;
  bool strict = false;
  rescind::Secret key;
  std::vector<std::string> feeds;
  std::map<std::string, std::string> headers;
  std::vector<Group> groups;
  Group one;
  std::vector<Group> several;
};

void describe_group(Schema& schema, Group& group) { schema.text("url", group.url, "where"); }

void describe_here(Schema& schema, Group& group) { schema.text("feed.url", group.url, "where"); }

void describe(Schema& schema, Options& options) {
  using std::chrono::hours;
  schema.number("version", options.version, {1, 9}, "of the format");
  schema.duration("authority.access_ttl", options.ttl, {rescind::Milliseconds(1), hours(24)}, "");
  schema.size("limits.body", options.body, {1, 1 << 30}, "");
  schema.truth("authority.strict", options.strict, "");
  schema.secret("admin.key", options.key, "");
  schema.list("agent.feeds", options.feeds, "");
  schema.map("gateway.headers", options.headers, "");
  schema.groups("trusted_issuers", options.groups, describe_group, "");
  schema.one_or_groups("feeds", options.one, describe_here, options.several, describe_here, "")
      .counting({1, 4});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Options options;
  Schema schema;
  describe(schema, options);
  std::string text(reinterpret_cast<const char*>(data), size);
  // No file of the machine is opened for a fuzzer's sake.
  if (text.find("key_file") != std::string::npos) return 0;
  const auto loaded =
      rescind::daemon::load(schema, {.file_name = "f", .file_text = std::move(text)});
  if (loaded) {
    for (const auto& one : rescind::daemon::shown_settings(schema)) {
      if (one.value.empty() || one.origin.empty()) std::abort();
    }
  } else if (loaded.error().message.empty()) {
    std::abort();
  }
  return 0;
}
