// What outlives a request. The library tells on a thread of its own; a thread-safe function takes
// the word to the JavaScript thread.
#include <stdlib.h>
#include <string.h>

#include "addon.h"

// Of two owners: the external in JavaScript's hands and the thread-safe function; whoever goes last
// frees it.
struct watch {
  rescind_watch_t* native;        // NULL once it has ended
  napi_threadsafe_function tell;  // NULL once it has ended
  struct handle* handle;          // NULL once it has ended
  struct watch* next;
  int owners;
};

// On a thread of the library's.
static void on_revoked(const char* reason, void* user) {
  struct watch* watch = user;
  // The words of reasons are never freed. With a queue without bound it neither waits nor is full.
  napi_call_threadsafe_function(watch->tell, (void*)reason, napi_tsfn_nonblocking);
}

static void call_back(napi_env env, napi_value callback, void* context, void* data) {
  struct watch* watch = context;
  if (env == NULL || watch->native == NULL) return;  // it ended while the word was on its way
  napi_value receiver = NULL;
  napi_value reason = NULL;
  if (napi_get_undefined(env, &receiver) == napi_ok &&
      napi_create_string_utf8(env, data, NAPI_AUTO_LENGTH, &reason) == napi_ok) {
    napi_call_function(env, receiver, callback, 1, &reason, NULL);
  }
}

static void disown(struct watch* watch) {
  if (--watch->owners == 0) free(watch);
}

// Once rescind_unwatch() has returned, nothing on another thread knows the watch.
static void end(struct watch* watch) {
  if (watch->handle == NULL) return;
  struct watch** place = &watch->handle->watches;
  while (*place != watch) place = &(*place)->next;
  *place = watch->next;
  watch->handle = NULL;
  rescind_unwatch(watch->native);
  watch->native = NULL;
}

static void release(struct watch* watch) {
  if (watch->tell == NULL) return;
  napi_threadsafe_function tell = watch->tell;
  watch->tell = NULL;
  napi_release_threadsafe_function(tell, napi_tsfn_abort);
}

// Runs once after release(), or when the environment goes.
static void collect_function(napi_env env, void* data, void* hint) {
  (void)env;
  (void)hint;
  struct watch* watch = data;
  end(watch);
  watch->tell = NULL;
  disown(watch);
}

static void collect_external(napi_env env, void* data, void* hint) {
  (void)env;
  (void)hint;
  disown(data);  // who keeps no watch has it until the handle is closed
}

void end_watches(struct handle* handle) {
  while (handle->watches != NULL) {
    struct watch* watch = handle->watches;
    end(watch);
    release(watch);
  }
}

static bool make_function(napi_env env, napi_value callback, struct watch* watch) {
  napi_value name = NULL;
  if (!ok(env, napi_create_string_utf8(env, "rescind", NAPI_AUTO_LENGTH, &name)) ||
      !ok(env, napi_create_threadsafe_function(env, callback, NULL, name, 0, 1, watch,
                                               collect_function, watch, call_back, &watch->tell))) {
    return false;
  }
  watch->owners++;
  // To wait for a revocation is no reason to go on running.
  napi_unref_threadsafe_function(env, watch->tell);
  return true;
}

static bool begin(napi_env env, struct handle* handle, napi_value* arguments, struct watch* watch) {
  napi_valuetype type = napi_undefined;
  napi_typeof(env, arguments[2], &type);
  const bool named = type == napi_string;
  struct text payload;
  struct text key_id;
  key_id.bytes = key_id.inline_bytes;
  if (text_of(env, arguments[1], &payload) && (!named || text_of(env, arguments[2], &key_id))) {
    watch->native = rescind_watch(handle->rescind, payload.bytes, payload.length,
                                  named ? key_id.bytes : NULL, on_revoked, watch);
  }
  text_free(&payload);
  text_free(&key_id);
  if (watch->native == NULL) return false;
  watch->handle = handle;
  watch->next = handle->watches;
  handle->watches = watch;
  return true;
}

napi_value add_watch(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  size_t count = 4;
  if (!ok(env, napi_get_cb_info(env, info, &count, arguments, NULL, NULL))) return NULL;
  struct handle* handle = handle_of(env, arguments[0]);
  if (handle == NULL) return NULL;
  struct watch* watch = calloc(1, sizeof *watch);
  napi_value result = NULL;
  if (watch == NULL) {
    napi_throw_error(env, NULL, "out of memory");
    return NULL;
  }
  watch->owners = 1;
  if (!ok(env, napi_create_external(env, watch, collect_external, NULL, &result))) {
    free(watch);
    return NULL;
  }
  if (!make_function(env, arguments[3], watch)) return NULL;
  if (!begin(env, handle, arguments, watch)) {
    release(watch);
    result = NULL;
    bool pending = false;
    if (napi_is_exception_pending(env, &pending) == napi_ok && !pending) {
      napi_get_null(env, &result);
    }
  }
  return result;
}

napi_value end_watch(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t count = 1;
  void* found = NULL;
  if (ok(env, napi_get_cb_info(env, info, &count, &argument, NULL, NULL)) &&
      ok(env, napi_get_value_external(env, argument, &found))) {
    struct watch* watch = found;
    end(watch);
    release(watch);
  }
  return NULL;
}
