#pragma once
// How commands show what they got: a table for people, JSON as it came for programs.

#include <string>
#include <vector>

#include "cli/api.h"
#include "cli/command.h"

namespace rescind::cli {

// A column: its heading, and the member it shows.
struct Column {
  std::string heading;
  std::string member;
};

// The array `member` of an answer: as a table, as the whole answer (json), or a line for each
// (jsonl). Control characters of other people's texts are shown escaped.
void print_list(const Globals& globals, const Reply& reply, const std::string& member,
                const std::vector<Column>& columns);
// The rows of an array as a table.
void print_rows(const Globals& globals, json::Value list, const std::vector<Column>& columns);
// A table's lines, the first its headings, with aligned columns. The cells are printable.
std::vector<std::string> table_lines(const std::vector<std::string>& headings,
                                     const std::vector<std::vector<std::string>>& rows);
void print_lines(const std::vector<std::string>& lines);
// One object: `heading: value` lines, or the answer.
void print_object(const Globals& globals, const Reply& reply, const std::vector<Column>& columns);
// A line for people, left out with --quiet and where the output is JSON.
void say(const Globals& globals, const std::string& line);

// Without control characters.
std::string printable(std::string_view text);

}  // namespace rescind::cli
