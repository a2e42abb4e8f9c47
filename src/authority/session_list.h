#pragma once
// Sessions as lists show them. One thread, the loop's.

#include <optional>
#include <string_view>

#include "authority/surface.h"
#include "net/http.h"

namespace rescind::authority {

// A page of a subject's sessions, ended ones too, each with its state in a word; `current` is the
// caller's own. 200, 400 for a bad cursor, 503.
net::Response sessions_answer(Surface& surface, const net::Request& request,
                              std::string_view subject, std::string_view current);

}  // namespace rescind::authority
