#pragma once
// Every command of the program, in the order of the help. One function for each file of this
// folder.

#include <vector>

#include "cli/command.h"

namespace rescind::cli {

std::vector<Command> all_commands();

std::vector<Command> role_commands();         // authority, agent, authz
std::vector<Command> dev_commands();          // dev, demo
std::vector<Command> sign_in_commands();      // login, refresh, logout
std::vector<Command> revoke_commands();       // revoke …
std::vector<Command> revocation_commands();   // revocation ls, get
std::vector<Command> token_commands();        // token inspect, verify, introspect
std::vector<Command> session_commands();      // session ls, end
std::vector<Command> user_commands();         // user ls, add, disable, enable, password
std::vector<Command> follower_commands();     // follower ls, top
std::vector<Command> probe_commands();        // probe, drill
std::vector<Command> watch_commands();        // watch
std::vector<Command> config_commands();       // config check, show, schema
std::vector<Command> feed_commands();         // feed plan
std::vector<Command> doctor_commands();       // doctor
std::vector<Command> nginx_commands();        // nginx-config
std::vector<Command> request_key_commands();  // request-key
std::vector<Command> version_commands();

}  // namespace rescind::cli
