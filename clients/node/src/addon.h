// What the files of the addon share. Everything runs on the JavaScript thread of its environment
// but what is said to run on the library's.
#pragma once

#define NAPI_VERSION 8
#include <node_api.h>

#include <stdbool.h>
#include <stddef.h>

#include "rescind/rescind.h"

struct watch;

// Behind the external that open() returns. `rescind` is NULL once it is closed.
struct handle {
  rescind_t* rescind;
  struct watch* watches;  // those that have not ended
};

// A string of JavaScript as UTF-8; the short ones, which is to say tokens, without an allocation.
struct text {
  char* bytes;
  size_t length;
  char inline_bytes[4096];
};

// False with a pending exception. text_free() in either case.
bool text_of(napi_env env, napi_value value, struct text* text);
void text_free(struct text* text);

// An open handle, or NULL with a pending exception.
struct handle* handle_of(napi_env env, napi_value value);

// False with a pending exception where `status` is not napi_ok.
bool ok(napi_env env, napi_status status);

// watch(handle, payload, keyId, callback) → external, or null where the payload is refused.
napi_value add_watch(napi_env env, napi_callback_info info);
// unwatch(external)
napi_value end_watch(napi_env env, napi_callback_info info);
// All that a handle has; before it is closed.
void end_watches(struct handle* handle);
