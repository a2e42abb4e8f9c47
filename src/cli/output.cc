#include "cli/output.h"

#include <algorithm>
#include <cstdio>

namespace rescind::cli {
namespace {

void print_line(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
}

void write_value(json::Writer& w, json::Value value) {
  switch (value.type()) {
    case json::Type::kNull:
      w.null();
      return;
    case json::Type::kBoolean:
      w.value(*value.boolean());
      return;
    case json::Type::kInteger:
      w.value(*value.integer());
      return;
    case json::Type::kDouble:
      w.value(*value.number());
      return;
    case json::Type::kString:
      w.value(*value.string());
      return;
    case json::Type::kArray:
      w.array();
      for (auto child = value.first(); child; child = child->next()) write_value(w, *child);
      w.end();
      return;
    case json::Type::kObject:
      w.object();
      for (auto child = value.first(); child; child = child->next()) {
        write_value(w.name(child->name()), *child);
      }
      w.end();
      return;
  }
}

}  // namespace

std::string printable(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      shown += c;
    } else {
      shown += "\\x";
      shown += kDigits[byte >> 4U];
      shown += kDigits[byte & 15U];
    }
  }
  return shown;
}

std::vector<std::string> table_lines(const std::vector<std::string>& headings,
                                     const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < headings.size(); ++i) {
    std::size_t width = headings[i].size();
    for (const auto& row : rows) width = std::max(width, row[i].size());
    widths.push_back(width);
  }
  std::vector<std::string> lines;
  const auto add = [&](const std::vector<std::string>& cells) {
    std::string& line = lines.emplace_back();
    for (std::size_t i = 0; i < cells.size(); ++i) {
      line += cells[i];
      if (i + 1 < cells.size()) line.append(widths[i] - cells[i].size() + 2, ' ');
    }
  };
  add(headings);
  for (const auto& row : rows) add(row);
  return lines;
}

void print_lines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) print_line(line);
}

void print_rows(const Globals& globals, json::Value list, const std::vector<Column>& columns) {
  std::vector<std::vector<std::string>> rows;
  for (auto item = list.first(); item; item = item->next()) {
    if (globals.output == Output::kJsonLines) {
      json::Writer w;
      write_value(w, *item);
      print_line(w.text());
      continue;
    }
    std::vector<std::string>& row = rows.emplace_back();
    for (const Column& column : columns) row.push_back(printable(text_of(*item, column.member)));
  }
  if (globals.output != Output::kTable) return;
  std::vector<std::string> headings;
  for (const Column& column : columns) headings.push_back(column.heading);
  print_lines(table_lines(headings, rows));
}

void print_list(const Globals& globals, const Reply& reply, const std::string& member,
                const std::vector<Column>& columns) {
  if (globals.output == Output::kJson || !reply.has_body()) return print_line(reply.body());
  if (const auto list = reply.root().find(member)) print_rows(globals, *list, columns);
}

void print_object(const Globals& globals, const Reply& reply, const std::vector<Column>& columns) {
  if (globals.output != Output::kTable || !reply.has_body()) return print_line(reply.body());
  for (const Column& column : columns) {
    const std::string value = reply.text(column.member);
    if (!value.empty()) print_line(column.heading + ": " + printable(value));
  }
}

void say(const Globals& globals, const std::string& line) {
  if (!globals.quiet && globals.output == Output::kTable) print_line(line);
}

}  // namespace rescind::cli
