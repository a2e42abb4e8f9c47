#include "net/router.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "net/form.h"

namespace rescind::net {
namespace {

// What nobody will read: enough to answer on the same connection.
constexpr std::size_t kUnroutedBodyBytes = 4096;

// The next segment; `rest` begins with the slash before it.
std::string_view take_segment(std::string_view& rest) {
  rest.remove_prefix(1);
  const std::size_t end = std::min(rest.find('/'), rest.size());
  const std::string_view segment = rest.substr(0, end);
  rest.remove_prefix(end);
  return segment;
}

bool is_dots(std::string_view segment) { return segment == "." || segment == ".."; }

Method routed(Method method) { return method == Method::kHead ? Method::kGet : method; }

}  // namespace

const std::string& PathParameters::operator[](std::string_view name) const {
  const auto found =
      std::ranges::find(values_, name, &std::pair<std::string_view, std::string>::first);
  CHECK(found != values_.end());
  return found->second;
}

std::vector<Router::Segment> Router::parse(std::string_view pattern) {
  CHECK(pattern.starts_with('/'));
  std::vector<Segment> segments;
  while (!pattern.empty()) {
    std::string_view text = take_segment(pattern);
    Segment segment;
    if (text.starts_with('{')) {
      CHECK(text.ends_with('}'));
      text = text.substr(1, text.size() - 2);
      segment.kind = Segment::Kind::kParameter;
      if (text.ends_with("...")) {
        CHECK(pattern.empty());
        text.remove_suffix(3);
        segment.kind = Segment::Kind::kRest;
      }
    }
    segment.text = text;
    segments.push_back(std::move(segment));
  }
  return segments;
}

bool Router::more_specific(const Route& a, const Route& b) {
  const auto kinds = &Segment::kind;
  return std::ranges::lexicographical_compare(a.segments, b.segments, {}, kinds, kinds);
}

void Router::add(Method method, std::string_view pattern, RouteHandler handler,
                 std::size_t body_limit) {
  Route route{method, parse(pattern), std::move(handler), body_limit};
  const bool exists = std::ranges::any_of(routes_, [&](const Route& other) {
    return other.method == route.method && other.segments == route.segments;
  });
  CHECK(!exists);
  const auto place = std::ranges::upper_bound(routes_, route, more_specific);
  routes_.insert(place, std::move(route));
}

std::optional<PathParameters> Router::match(const Route& route, std::string_view path) {
  PathParameters parameters;
  for (const Segment& segment : route.segments) {
    if (path.empty()) return std::nullopt;
    if (segment.kind == Segment::Kind::kRest) {
      parameters.values_.emplace_back(segment.text, path.substr(1));
      return parameters;
    }
    const std::string_view text = take_segment(path);
    if (segment.kind == Segment::Kind::kFixed) {
      if (text != segment.text) return std::nullopt;
      continue;
    }
    auto value = percent_decode(text);
    if (!value || value->empty() || is_dots(*value)) return std::nullopt;
    parameters.values_.emplace_back(segment.text, *std::move(value));
  }
  if (!path.empty()) return std::nullopt;
  return parameters;
}

Router::Found Router::find(const Request& request) const {
  Found found;
  if (!request.path.starts_with('/')) return found;
  for (const Route& route : routes_) {
    auto parameters = match(route, request.path);
    if (!parameters) continue;
    if (route.method == routed(request.method)) {
      found.route = &route;
      found.parameters = *std::move(parameters);
      return found;
    }
    const std::string_view method = to_string(route.method);
    if (list_contains(found.allowed, method)) continue;
    if (!found.allowed.empty()) found.allowed += ", ";
    found.allowed += method;
    if (route.method == Method::kGet) found.allowed += ", HEAD";
  }
  return found;
}

void Router::handle(const Request& request, Responder responder) const {
  const Found found = find(request);
  if (found.route != nullptr) {
    return found.route->handler(request, found.parameters, std::move(responder));
  }
  if (found.allowed.empty()) return responder.respond(problem_response(404, "no such resource"));
  Response response;
  if (request.method == Method::kOptions) {
    response.status = 204;
  } else {
    response = problem_response(405, "this resource has other methods");
  }
  response.headers.emplace_back("Allow", found.allowed);
  responder.respond(std::move(response));
}

Handler Router::handler() const {
  return [this](const Request& request, Responder responder) {
    handle(request, std::move(responder));
  };
}

std::size_t Router::body_limit(const Request& request) const {
  const Found found = find(request);
  return found.route == nullptr ? kUnroutedBodyBytes : found.route->body_limit;
}

}  // namespace rescind::net
