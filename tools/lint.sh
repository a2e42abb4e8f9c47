#!/usr/bin/env bash
# Format, clang-tidy and the project's own rules: tools/lint.sh BUILD   (a configured clang build)
# clang-tidy looks at files changed since LINT_BASE (default: where this branch left origin/main, or
# the commit before the last) and at .cc files beside changed headers; ALL=1 looks at all of them.
# Tests are left out: twice the time, and their bugs show when they run.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
build=$1
failed=0

mapfile -t sources < <(git ls-files -- '*.cc' '*.h')
if ! clang-format-19 --dry-run -Werror "${sources[@]}"; then
  echo "lint: run clang-format-19 -i on these files"
  failed=1
fi
python3 -B tools/tidy.py || failed=1

base=${LINT_BASE:-$(git merge-base origin/main HEAD 2>/dev/null)}
if [ -z "$base" ] || [ "$base" = "$(git rev-parse HEAD)" ]; then
  base=$(git rev-parse -q --verify HEAD~1 || git rev-parse HEAD)
fi
changed=$( (git diff --name-only --diff-filter=d "$base" -- '*.cc' '*.h') | sed 's/\.h$/.cc/')
[ -z "${ALL:-}" ] || changed=$(git ls-files -- '*.cc')
changed=$(grep -v '_test\.cc$' <<<"$changed" | sort -u)
checked=()
while read -r file; do
  [ -n "$file" ] && grep -qF "\"file\": \"$PWD/$file\"" "$build/compile_commands.json" && checked+=("$file")
done <<<"$changed"
if [ ${#checked[@]} -gt 0 ]; then
  echo "lint: clang-tidy over ${#checked[@]} file(s)"
  printf '%s\0' "${checked[@]}" |
    xargs -0 -n 1 -P "${JOBS:-$(nproc)}" clang-tidy-19 -p "$build" --quiet 2> >(
      grep -vE '^[0-9]+ warnings? generated|^Suppressed|^Use -' >&2) || failed=1
fi
[ $failed -eq 0 ] && echo "lint: clean"
exit $failed
