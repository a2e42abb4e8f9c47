#pragma once
// From method and path to a handler: patterns such as "/v1/revocations/{id}/propagation". What no
// route has is answered here: 404, 405 with Allow, OPTIONS with Allow; as problem details (RFC
// 9457). GET answers HEAD too.
//
// A path is matched as it was sent: empty and dot segments match nothing, a fixed segment has one
// spelling, a parameter is percent-decoded and not empty. Filled at the start, then immutable and
// thread-safe. Matching is a walk over the routes with that many segments.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"
#include "net/http_server.h"

namespace rescind::net {

// The parameters of a path, decoded, in its order.
class PathParameters {
 public:
  // Of the name that the pattern gives it; a name that the pattern has not is a programmer's error.
  const std::string& operator[](std::string_view name) const;

 private:
  friend class Router;
  std::vector<std::pair<std::string_view, std::string>> values_;
};

class Router {
 public:
  using RouteHandler = std::function<void(const Request&, const PathParameters&, Responder)>;

  // `pattern` is segments between slashes; `{name}` takes one segment, `{name...}` as the last one
  // all that is left (undecoded). The same method and pattern twice is a programmer's error.
  void add(Method method, std::string_view pattern, RouteHandler handler,
           std::size_t body_limit = MessageLimits().body_bytes);

  // Where fixed segments and parameters both match, fixed ones win.
  void handle(const Request& request, Responder responder) const;
  // For ServerOptions: both refer to this router, which has to outlive the server.
  Handler handler() const;
  // The limit of the route that will answer; little for what none will.
  std::size_t body_limit(const Request& request) const;

 private:
  struct Segment {
    enum class Kind : std::uint8_t { kFixed, kParameter, kRest };
    Kind kind = Kind::kFixed;
    std::string text;  // or the parameter's name
    bool operator==(const Segment&) const = default;
  };
  struct Route {
    Method method;
    std::vector<Segment> segments;
    RouteHandler handler;
    std::size_t body_limit;
  };
  static std::vector<Segment> parse(std::string_view pattern);
  static std::optional<PathParameters> match(const Route& route, std::string_view path);
  // Whether `a` is to be asked before `b`.
  static bool more_specific(const Route& a, const Route& b);
  struct Found {
    const Route* route = nullptr;
    PathParameters parameters;
    std::string allowed;  // methods of routes with this path
  };
  Found find(const Request& request) const;

  std::vector<Route> routes_;  // the more specific first
};

}  // namespace rescind::net
