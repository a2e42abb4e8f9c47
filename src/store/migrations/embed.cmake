# cmake -DOUTPUT=<file.cc> -P embed.cmake: the numbered steps of migrations/sqlite as C++ text.
# The order of the file names is the order of the numbers; tests check that no number is missing.
file(GLOB steps "${CMAKE_CURRENT_LIST_DIR}/sqlite/[0-9][0-9][0-9][0-9]_*.sql")
list(SORT steps)

set(rows "")
foreach(step IN LISTS steps)
  get_filename_component(name "${step}" NAME_WE)
  string(REGEX MATCH "^[0-9]+" number "${name}")
  string(REGEX REPLACE "^0+" "" number "${number}")
  file(READ "${step}" text)
  string(APPEND rows "    {${number}, \"${name}\", R\"sql(${text})sql\"},\n")
endforeach()

file(WRITE "${OUTPUT}.new" "// Made by src/store/migrations/embed.cmake.
#include \"store/migrations.h\"

namespace rescind::store {
namespace {
constexpr Migration kSteps[] = {
${rows}};
}  // namespace
std::span<const Migration> sqlite_migrations() { return kSteps; }
}  // namespace rescind::store
")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
