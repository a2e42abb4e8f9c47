#pragma once
// A whole Rescind on loopback, for development and for the demonstration: an authority on SQLite, a
// few followers with forward authentication, nginx, and a sample service behind it; real processes,
// in one temporary folder, with a user and clients made for the occasion. One thread.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "cli/roles/child.h"

namespace rescind::cli {

class DevWorld {
 public:
  static constexpr std::size_t kFollowers = 3;

  struct Follower {
    std::string name;
    std::uint16_t port = 0;
    std::uint16_t admin_port = 0;
  };

  // Starts everything and waits until each part is ready. `program` is this program's own path.
  // kNotFound: nginx is not installed. Errors name the log to look into.
  static Result<std::unique_ptr<DevWorld>> start(const std::string& program, Random& random);
  // Ends the processes by their ids and removes the folder.
  ~DevWorld();
  DevWorld(const DevWorld&) = delete;
  DevWorld& operator=(const DevWorld&) = delete;

  const std::string& folder() const { return folder_; }
  std::string authority_url() const;
  std::string gateway_url() const;
  const std::vector<Follower>& followers() const { return followers_; }
  static constexpr const char* kUser = "alice";
  const std::string& password() const { return password_; }
  const std::string& admin_secret() const { return admin_secret_; }
  // The name of a part that has ended by itself, and its log; empty while all run.
  std::string ended_part();

 private:
  DevWorld() = default;
  struct Part {
    std::string name;
    std::unique_ptr<Child> process;
  };

  Result<void> choose_ports();
  Result<void> start_authority(const std::string& program);
  Result<void> start_follower(const std::string& program, const Follower& follower);
  Result<void> start_gateway(const std::string& program);
  Result<void> add_user();
  Result<void> run(const std::string& name, const std::vector<std::string>& arguments);
  Result<void> await_ready(const std::string& name, std::uint16_t admin_port);
  Result<void> write(const std::string& file, const std::string& text) const;
  std::string log_of(const std::string& name) const { return folder_ + "/" + name + ".log"; }

  std::string folder_;
  std::string password_;
  std::string admin_secret_;
  std::string follower_secret_;
  std::uint16_t authority_port_ = 0;
  std::uint16_t authority_admin_port_ = 0;
  std::uint16_t gateway_port_ = 0;
  std::uint16_t service_port_ = 0;
  std::vector<Follower> followers_;
  std::vector<Part> parts_;
};

}  // namespace rescind::cli
