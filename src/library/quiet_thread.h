#pragma once
// A thread that a library may start in somebody else's process: it takes none of the process's
// signals, and has a name that a debugger shows.

#include <functional>
#include <thread>

namespace rescind::library {

// `name` is at most 15 bytes.
std::thread start_quiet_thread(const char* name, std::function<void()> work);

}  // namespace rescind::library
