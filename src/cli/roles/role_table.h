#pragma once
// The roles that have settings, by name: the one table from which commands with `--role` choose
// whose settings they are about.

#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/roles/agent_config.h"
#include "cli/roles/authority_config.h"
#include "cli/roles/authz_config.h"
#include "cli/roles/denylist_config.h"

namespace rescind::cli {

template <typename Config>
struct NamedRole {
  std::string_view name;
};

inline constexpr std::tuple kRoles{NamedRole<AuthorityConfig>{"authority"},
                                   NamedRole<AgentConfig>{"agent"}, NamedRole<AuthzConfig>{"authz"},
                                   NamedRole<DenylistConfig>{"denylist"}};
inline constexpr std::string_view kDefaultRole = std::get<0>(kRoles).name;

// "authority (default), agent, authz or denylist".
inline std::string role_names() {
  std::string names;
  std::size_t left = std::tuple_size_v<decltype(kRoles)>;
  const auto add = [&](std::string_view name) {
    if (!names.empty()) names += left == 1 ? " or " : ", ";
    names += name;
    if (name == kDefaultRole) names += " (default)";
    --left;
  };
  std::apply([&](const auto&... role) { (add(role.name), ...); }, kRoles);
  return names;
}

inline Option role_option() { return {.name = "--role", .value = "ROLE", .help = role_names()}; }

// Calls use(config) with settings of the role that was named, as they are before any are loaded.
template <typename Use>
Exit with_role(const Invocation& invocation, const Use& use) {
  const std::string name = invocation.option("--role", std::string(kDefaultRole));
  std::optional<Exit> exit;
  const auto try_one = [&]<typename Config>(const NamedRole<Config>& role) {
    if (role.name != name) return;
    Config config;
    exit = use(config);
  };
  std::apply([&](const auto&... role) { (try_one(role), ...); }, kRoles);
  return exit ? *exit : report(Exit::kUsage, "--role is " + role_names());
}

}  // namespace rescind::cli
