#include "verifier/options.h"

namespace rescind::verifier {

std::string_view to_string(OnStale policy) {
  switch (policy) {
    case OnStale::kRefuse:
      return "refuse";
    case OnStale::kAccept:
      return "accept";
    case OnStale::kIntrospect:
      return "introspect";
  }
  return "refuse";
}

std::optional<OnStale> on_stale_named(std::string_view name) {
  for (const OnStale policy : {OnStale::kRefuse, OnStale::kAccept, OnStale::kIntrospect}) {
    if (to_string(policy) == name) return policy;
  }
  return std::nullopt;
}

}  // namespace rescind::verifier
