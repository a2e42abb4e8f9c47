#pragma once
// The parser behind json::Reader: its nodes, and the one pass that makes them. One thread; private
// to base/json.cc.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace rescind::json {

struct Frame {
  std::uint32_t node;        // the open array or object
  std::uint32_t last_child;  // 0 while it is empty
  std::uint32_t size;        // children so far
  bool is_object;
};

// What a parser fills and works in; kept from one document to the next.
struct Tree {
  std::vector<Node> nodes;
  std::vector<Frame> open;
  std::vector<std::string_view> names;  // scratch of the check for duplicates
};

inline std::string_view name_of(const Node& node) { return {node.name, node.name_size}; }

// How many zeros have to follow the text, so that the parser may look ahead.
inline constexpr std::size_t kPadding = 16;

// Hidden, so that its functions can be inlined in position-independent code, where others could
// stand in for them: that is a sixth of the time.
class [[gnu::visibility("hidden")]] Parser {
 public:
  Parser(Tree& tree, const Limits& limits);

  // One pass without recursion; `text` is written to, since strings are unescaped in place.
  bool document(char* text, std::size_t size);
  // After document() has returned false.
  Fault fault() const { return fault_; }

 private:
  bool fail(Fault fault);
  void skip_space();
  // Takes a scalar or an empty container, or opens a container (and reads its first name).
  bool value();
  // After a value: closes what ends here. True where another value follows, false at the end of the
  // document and on a fault.
  bool more();
  bool open();
  bool close();
  // The next node, or null past the limit of members.
  Node* add(Type type);
  bool name();
  bool word(std::string_view text, Type type, bool truth);
  bool string_value();
  bool string(std::string_view& out);
  // From what is not plain on: an escape, or more than ASCII.
  bool rest_of_string(char* start, std::string_view& out);
  // To the next quote or backslash.
  bool skip_plain();
  bool escape(char*& write);
  // The four digits after the `u` where at_ stands.
  bool hex4(std::uint32_t& code);
  bool skip_digits();
  bool number();
  // The magnitude of the digits up to at_; nothing where it does not fit 64 bits.
  std::optional<std::uint64_t> integer(bool negative, const char* digits) const;
  bool add_integer(bool negative, std::uint64_t magnitude);
  bool add_floating(const char* start);

  char* at_ = nullptr;
  const char* end_ = nullptr;
  std::string_view name_;  // of the value that follows
  bool opened_ = false;    // a container was just opened and is not empty
  bool failed_ = false;
  Fault fault_ = Fault::kSyntax;
  unsigned members_ = 0;
  Tree& tree_;
  const Limits& limits_;
};

}  // namespace rescind::json
