#include "daemon/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <optional>
#include <sstream>

#include "daemon/limits.h"

namespace rescind::daemon {
namespace {

YamlPlace place_of(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

// What makes yaml-cpp's parser stop; it never leaves parse_yaml().
struct Stop {
  ErrorCode code;
  YamlPlace place;
  const char* why;
};

// Builds the tree out of the parser's events. yaml-cpp's own tree is not used: it resolves anchors
// before one could refuse them, and hides duplicate keys.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string_view text) : text_(text) {}

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add({.kind = YamlNode::Kind::kNull, .place = place_of(mark)});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    stop(mark, "aliases (*name) are not used here; write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(mark, tag, anchor);
    if (tag == "!") refuse_unclosed_quote(mark);
    add({.kind = YamlNode::Kind::kScalar, .place = place_of(mark), .text = value});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    refuse_tag(mark, tag, anchor);
    open(mark, YamlNode::Kind::kSequence);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    refuse_tag(mark, tag, anchor);
    open(mark, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { close(); }

  YamlNode take() { return std::move(root_); }

 private:
  struct Open {
    YamlNode node;
    std::optional<YamlNode> key;  // of a map, whose value comes next
  };

  [[noreturn]] static void stop(const YAML::Mark& mark, const char* why) {
    throw Stop{ErrorCode::kInvalid, place_of(mark), why};
  }
  static void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      stop(mark, "anchors (&name) are not used here; write the value out where it is needed");
    }
  }
  static void refuse_tag(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    refuse_anchor(mark, anchor);
    // "?" is a plain scalar or collection, "!" a quoted scalar: nobody wrote a tag.
    if (!tag.empty() && tag != "?" && tag != "!") stop(mark, "tags (!name) are not used here");
  }

  // yaml-cpp lets the end of the text close a quote, and with it swallows all that follows.
  void refuse_unclosed_quote(const YAML::Mark& mark) const {
    const auto start = static_cast<std::size_t>(mark.pos);
    const char quote = start < text_.size() ? text_[start] : '\0';
    for (std::size_t i = start + 1; i < text_.size(); ++i) {
      if (quote == '"' && text_[i] == '\\') {
        ++i;
      } else if (text_[i] == quote) {
        const bool doubled = quote == '\'' && i + 1 < text_.size() && text_[i + 1] == quote;
        if (!doubled) return;
        ++i;
      }
    }
    stop(mark, "this quote is never closed");
  }

  void open(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (open_.size() >= kMaxConfigDepth) {
      throw Stop{ErrorCode::kTooLarge, place_of(mark), "nested too deeply"};
    }
    open_.push_back({.node = {.kind = kind, .place = place_of(mark)}, .key = std::nullopt});
  }
  void close() {
    YamlNode done = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(done));
  }

  void add(YamlNode node) {
    if (++nodes_ > kMaxConfigNodes) {
      throw Stop{ErrorCode::kTooLarge, node.place, "more values than a configuration has"};
    }
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::kSequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      if (node.kind != YamlNode::Kind::kScalar) {
        throw Stop{ErrorCode::kInvalid, node.place, "a key has to be a word"};
      }
      parent.key = std::move(node);
    } else {
      parent.node.members.push_back({.key = std::move(parent.key->text),
                                     .place = parent.key->place,
                                     .value = std::move(node)});
      parent.key.reset();
    }
  }

  std::string_view text_;
  YamlNode root_;
  std::vector<Open> open_;
  std::size_t nodes_ = 0;
};

std::unexpected<Error> at(std::string_view name, YamlPlace place, ErrorCode code,
                          std::string_view why) {
  return fail(code, std::string(name) + ":" + std::to_string(place.line) + ":" +
                        std::to_string(place.column) + ": " + std::string(why));
}

}  // namespace

Result<YamlNode> parse_yaml(std::string_view text, std::string_view name) {
  if (text.size() > kMaxConfigBytes) {
    return fail(ErrorCode::kTooLarge, std::string(name) + ": larger than " +
                                          std::to_string(kMaxConfigBytes / 1024) + " KiB");
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.find('\0') != text.npos) {
    return fail(ErrorCode::kInvalid, std::string(name) + ": not UTF-8 text");
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder(text);
    parser.HandleNextDocument(builder);
    YamlNode root = builder.take();
    TreeBuilder second(text);
    if (parser.HandleNextDocument(second)) {
      return at(name, second.take().place, ErrorCode::kInvalid,
                "a second document; a file holds one");
    }
    if (root.kind != YamlNode::Kind::kMap && root.kind != YamlNode::Kind::kNull) {
      return at(name, root.place, ErrorCode::kInvalid, "expected `key: value` lines");
    }
    return root;
  } catch (const Stop& stop) {
    return at(name, stop.place, stop.code, stop.why);
  } catch (const YAML::Exception& error) {
    return at(name, place_of(error.mark), ErrorCode::kInvalid, error.msg);
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInvalid, std::string(name) + ": " + error.what());
  }
}

}  // namespace rescind::daemon
