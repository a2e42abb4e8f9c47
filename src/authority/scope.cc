#include "authority/scope.h"

#include <algorithm>

#include "authority/limits.h"

namespace rescind::authority {

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    if (!word.empty()) words.push_back(word);
    if (space == std::string_view::npos) break;
    text.remove_prefix(space + 1);
  }
  return words;
}

bool scope_within(std::string_view wanted, std::string_view granted) {
  const auto have = words_of(granted);
  return std::ranges::all_of(words_of(wanted), [&](std::string_view word) {
    return std::ranges::find(have, word) != have.end();
  });
}

bool is_scope(std::string_view text) {
  if (text.size() > kMaxScopeBytes) return false;
  if (text.starts_with(' ') || text.ends_with(' ') || text.contains("  ")) return false;
  return std::ranges::all_of(
      text, [](char c) { return c == ' ' || (c >= '!' && c <= '~' && c != '"' && c != '\\'); });
}

}  // namespace rescind::authority
