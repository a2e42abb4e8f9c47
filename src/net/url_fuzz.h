#pragma once
// What the fuzzer of URLs, forms and header values does with one input, for the fuzzer and for the
// test of its corpus.

#include <cstdlib>
#include <string_view>

#include "net/form.h"
#include "net/header_value.h"
#include "net/url.h"

namespace rescind::net {

// What is accepted is written, and has to be read as the same. True for a URL or a form.
inline bool fuzz_url(std::string_view input) {
  const auto url = Url::parse(input);
  if (url) {
    const auto again = Url::parse(url->to_string());
    if (!again || again->to_string() != url->to_string() || again->host != url->host ||
        again->port != url->port || again->target != url->target) {
      std::abort();
    }
  }
  const auto form = Form::parse(input);
  if (form) {
    std::vector<std::pair<std::string_view, std::string_view>> fields(form->fields().begin(),
                                                                      form->fields().end());
    const auto again = Form::parse(encode_form(fields));
    if (!again || again->fields() != form->fields()) std::abort();
  }
  if (const auto token = bearer_token(input)) {
    if (token->find_first_of(" ,\t\r\n") != std::string_view::npos) std::abort();
  }
  return url || (form && !form->fields().empty());
}

}  // namespace rescind::net
