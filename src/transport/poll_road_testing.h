#pragma once
// For the tests of receiving ends: a follower that takes opaque words ("jws-42.") in order, and the
// loop that a road lives on, run by the test's own thread.

#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "base/random.h"
#include "transport/feed_server_testing.h"
#include "transport/poll_access.h"

namespace rescind::transport {

struct TestFollower {
  feed::Position position;
  std::vector<std::string> words;
  std::vector<bool> states;
  std::unique_ptr<feed::Subscription> subscription;

  void follow(feed::Road& road) {
    subscription = road.subscribe([this] { return position; },
                                  {.on_word = [this](std::string_view jws) { take(jws); },
                                   .on_state = [this](bool open) { states.push_back(open); }});
  }
  bool connected() const { return !states.empty() && states.back(); }
  bool heard(std::string_view word) const { return !words.empty() && words.back() == word; }

 private:
  void take(std::string_view jws) {
    words.emplace_back(jws);
    if (jws.starts_with("jws-")) position = at(std::stoull(std::string(jws.substr(4))));
  }
};

inline std::vector<std::string> words_from_to(std::uint64_t first, std::uint64_t last) {
  std::vector<std::string> words;
  for (std::uint64_t number = first; number <= last; ++number) words.push_back(sealed(number).jws);
  return words;
}

struct RoadWorld {
  net::Loop loop;
  SeededRandom random{7};
  NullLog log;

  bool until(const std::function<bool()>& done) { return run_until(loop, done); }
  static FeedAccess access(std::string url) {
    FeedAccess access;
    access.url = std::move(url);
    access.heartbeat = Milliseconds(100);
    return access;
  }
};

}  // namespace rescind::transport
