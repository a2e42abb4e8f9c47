#include "library/quiet_thread.h"

#include <pthread.h>
#include <signal.h>

#include <utility>

namespace rescind::library {

std::thread start_quiet_thread(const char* name, std::function<void()> work) {
  // A new thread inherits what is blocked.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(work));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread.native_handle(), name);
  return thread;
}

}  // namespace rescind::library
