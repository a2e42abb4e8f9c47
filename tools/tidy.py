#!/usr/bin/env python3
"""The project's own rules, checked over every file of the tree: tools/tidy.py [ROOT]

Each finding is one line, `file:line: what is wrong; what to do`. Exit code 1 where there is one.
The layer table is read from ARCHITECTURE.md. What a rule is for is said beside it below; a rule
that has become wrong is changed here, with its test in tidy_test.py, never worked around.
"""

import re
import subprocess
import sys
from pathlib import Path

from tidy_cxx import blank_comments_and_strings, coroutine_findings

MAX_LINES = 400
FORBIDDEN_FOLDERS = {"common", "utils", "util", "core", "helpers", "helper", "misc"}
# Written in two halves, so that this file does not contain what it looks for.
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:wo" + r"rk|ro" + r"ot|fa" + r"rm|ho" + r"me/\w+)/")
OPEN_ENDS = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
CLOCKS = re.compile(
    r"\b(?:system_clock|steady_clock|high_resolution_clock)\b|\b(?:clock_gettime|gettimeofday)\s*\("
)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^">]+)[">]', re.M)
# Folders whose .cc files may be coroutines (g++ 12 frees some temporaries of them twice).
COROUTINE_FOLDERS = {"net", "transport"}
COMPILED = {".cc", ".h"}
TEXT = COMPILED | {".py", ".sh", ".md", ".txt", ".cmake", ".json", ".yaml", ".yml", ".sql", ".ts", ""}

# The C++ standard library as g++ 12 has it.
STANDARD = set("""
algorithm any array atomic barrier bit bitset cctype cerrno cfloat charconv chrono cinttypes climits
cmath compare complex concepts condition_variable coroutine csignal cstdarg cstddef cstdint cstdio
cstdlib cstring ctime deque exception execution expected filesystem forward_list fstream functional
future initializer_list ios iosfwd iostream istream iterator latch limits list locale map memory
memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex
scoped_allocator semaphore set shared_mutex source_location span sstream stack stdexcept stop_token
streambuf string string_view system_error thread tuple type_traits typeindex typeinfo unordered_map
unordered_set utility valarray variant vector version
stdbool.h stddef.h stdint.h
""".split())
POSIX = re.compile(r"^(?:(?:sys|netinet|arpa)/\w+|unistd|fcntl|poll|signal|pthread|time)\.h$")
# Headers that exist only for tests (a port's conformance suite) may show the test library.
TEST_HEADER = re.compile(r"(?:conformance|faults|testing|_test)")
TEST_LIBRARIES = re.compile(r"^(?:gtest|gmock|rapidcheck)")


class Tidy:
    def __init__(self, root):
        self.root = Path(root)
        self.findings = []
        self.files = self.list_files()
        self.texts = {}
        for path in self.files:
            if path.suffix in TEXT:
                try:
                    self.texts[path] = (self.root / path).read_text(encoding="utf-8")
                except (UnicodeDecodeError, OSError):
                    pass
        self.code = {p: blank_comments_and_strings(t) for p, t in self.texts.items() if p.suffix in COMPILED}
        self.layers = self.read_layers()

    def list_files(self):
        """What git tracks or would track; without git, all files."""
        git = subprocess.run(
            ["git", "-C", str(self.root), "ls-files", "-z", "-co", "--exclude-standard"],
            capture_output=True, check=False)
        if git.returncode == 0:
            names = [n for n in git.stdout.decode().split("\0") if n]
        else:
            names = [p.relative_to(self.root).as_posix() for p in self.root.rglob("*") if p.is_file()]
        return sorted(Path(n) for n in names if (self.root / n).is_file() and not n.startswith("build/"))

    def say(self, path, line, text):
        self.findings.append(f"{path}:{line}: {text}")

    @staticmethod
    def line_of(text, offset):
        return text.count("\n", 0, offset) + 1

    def read_layers(self):
        """{folder: folders it may include} from the table `| folder | what lives there | may include |`."""
        page = Path("ARCHITECTURE.md")
        layers, rows = {}, []
        in_table = False
        for number, line in enumerate(self.texts.get(page, "").split("\n"), 1):
            cells = [c.strip() for c in line.strip().strip("|").split("|")]
            if len(cells) == 3 and [c.lower() for c in cells] == ["folder", "what lives there", "may include"]:
                in_table = True
            elif in_table and not line.strip().startswith("|"):
                break
            elif in_table and len(cells) == 3 and not set(cells[0]) <= set("-: "):
                rows.append((number, cells[0].strip("`"), cells[2]))
        if not rows:
            self.say(page, 1, "no layer table; write `| folder | what lives there | may include |`")
        for number, folder, allowed in rows:
            name = folder.removeprefix("src/").removesuffix("/")
            name = "include" if name == "include/rescind" else name
            below = list(layers) if allowed == "all of the above" else [
                w for w in allowed.replace(",", " ").split() if w not in ("–", "-")]
            for other in below:
                if other not in layers:
                    self.say(page, number, f"`{folder}` may include {other}, which is not above it; "
                             "order the table from the lowest floor up")
            layers[name] = set(below)
        return layers

    # --- which folder is what

    @staticmethod
    def folder_of(path):
        """`jwt` for src/jwt/…, `include` for include/rescind/…, else None."""
        if path.parts[0] == "src" and len(path.parts) > 2:
            return path.parts[1]
        return "include" if path.parts[:2] == ("include", "rescind") else None

    @staticmethod
    def folder_of_include(name):
        first = name.split("/")[0]
        return "include" if first == "rescind" else first

    def sources(self, suffix=None):
        return [p for p in self.code if p.parts[0] in ("src", "include") and suffix in (None, p.suffix)]

    # --- rules

    def check_layers(self):
        """A folder includes only what its row names, so that there is no cycle among folders."""
        for path in self.sources():
            folder = self.folder_of(path)
            if folder is None:
                continue
            if folder not in self.layers:
                self.say(path, 1, f"folder `{folder}` has no row in the table of ARCHITECTURE.md; add one")
                continue
            for match in INCLUDE.finditer(self.texts[path]):
                kind, name = match.groups()
                target = self.folder_of_include(name)
                line = self.line_of(self.texts[path], match.start())
                if kind == '"' and "/" not in name:
                    self.say(path, line, f'include "{folder}/{name}", the full path from src/')
                elif target in self.layers and target != folder and target not in self.layers[folder]:
                    self.say(path, line, f"`{folder}` may not include `{target}` (ARCHITECTURE.md); "
                             "turn the dependency round or move the code")

    def check_headers(self):
        """Headers compile alone and quickly, and say what they are."""
        for path in self.sources(".h"):
            text, code = self.texts[path], self.code[path]
            lines = text.split("\n")
            c_header = path.parts[0] == "include" and "#ifndef" in text
            if lines[0] != "#pragma once" and not c_header:
                self.say(path, 1, "the first line of a header is `#pragma once`")
            if not re.match(r"(?:#pragma once\n)?\n*(?://|/\*)", text):
                self.say(path, 2, "open the header with a paragraph: what it is, when to use it, threads, cost")
            for match in INCLUDE.finditer(text):
                kind, name = match.groups()
                if kind == '"' or name in STANDARD or POSIX.match(name) or name.startswith("rescind/"):
                    continue
                if TEST_HEADER.search(path.name) and TEST_LIBRARIES.match(name):
                    continue
                self.say(path, self.line_of(text, match.start()),
                         f"<{name}> in a header; include it in the .cc file and show a type of ours")
            for match in re.finditer(r"\busing\s+namespace\b", code):
                self.say(path, self.line_of(code, match.start()), "`using namespace` in a header; name what is used")

    def check_tests(self):
        """Every unit has a test: x_test.cc, or a test that includes x.h, or, for the inner parts of
        a folder, a unit of that folder that is tested and uses it."""
        tested = set()
        for path in self.code:
            if path.stem.endswith("_test") or path.parts[0] == "tests" or "conformance" in path.name:
                tested.update(Path("src", name) for _, name in INCLUDE.findall(self.texts[path]))
        tested.update(p for p in self.sources(".h") if p.with_name(p.stem + "_test.cc") in self.code)
        waiting = list(tested)
        while waiting:
            header = waiting.pop()
            for path in (header, header.with_suffix(".cc")):
                for _, name in INCLUDE.findall(self.texts.get(path, "")):
                    part = Path("src", name)
                    if self.folder_of(part) == self.folder_of(path) and part not in tested:
                        tested.add(part)
                        waiting.append(part)
        for path in self.sources(".h"):
            # Without a .cc file it is declarations only: a port, limits, options.
            unit = path.parts[0] == "src" and path.with_suffix(".cc") in self.code
            # Roles are wiring alone: tests/integration runs them as processes.
            unit = unit and path.parts[:3] != ("src", "cli", "roles")
            if unit and path not in tested and not TEST_HEADER.search(path.name):
                self.say(path, 1, f"no test; write {path.stem}_test.cc beside it")

    def check_build_lists(self):
        """Each .cc is named in the CMakeLists.txt of its folder or of one above; nothing lies dead."""
        for path in self.code:
            if path.suffix != ".cc":
                continue
            for parent in path.parents:
                listing = self.texts.get(parent / "CMakeLists.txt")
                if listing is None:
                    continue
                name = path.relative_to(parent).as_posix()
                if re.search(r"(?<![\w/.-])" + re.escape(name) + r"(?![\w.-])", listing):
                    break
            else:
                self.say(path, 1, "in no CMakeLists.txt; list it, or delete it")

    def check_clocks(self):
        """Time is handed in as `Now`; clocks are read in base/clock, and where speed is measured. Waits for
        a peer in net go by the steady clock, since Asio's timers do: they decide about no token."""
        for path in self.code:
            measured = path.parts[0] == "bench" or path.stem.endswith("_bench")
            if measured or path.as_posix() in ("src/base/clock.cc", "src/base/clock.h"):
                continue
            for match in CLOCKS.finditer(self.code[path]):
                if match.group() == "steady_clock" and self.folder_of(path) == "net":
                    continue
                self.say(path, self.line_of(self.code[path], match.start()),
                         "clocks are read in base/clock only; take a Clock or a Now")

    def check_coroutines(self):
        for path in self.sources():
            folder = self.folder_of(path)
            allowed = folder in COROUTINE_FOLDERS and path.suffix == ".cc"
            for offset, text in coroutine_findings(self.code[path], allowed):
                self.say(path, self.line_of(self.code[path], offset), text)

    def check_text(self):
        """What is in no file: paths of somebody's machine, open ends, more than 400 lines."""
        for path, text in self.texts.items():
            for match in MACHINE_PATHS.finditer(text):
                self.say(path, self.line_of(text, match.start()), f"`{match.group()}` is a path of one machine")
            for match in OPEN_ENDS.finditer(text):
                self.say(path, self.line_of(text, match.start()), f"{match.group()}: do it now, or open an issue")
            lines = text.count("\n")
            if path.suffix in COMPILED | {".py", ".sh"} and lines > MAX_LINES:
                self.say(path, lines, f"{lines} lines, more than {MAX_LINES}; is it still one idea?")

    def check_folders(self):
        for folder in sorted({parent for path in self.files for parent in path.parents}):
            if folder.name in FORBIDDEN_FOLDERS:
                self.say(folder, 1, f"a folder called `{folder.name}` says nothing; name it after its idea")

    def run(self):
        for check in (self.check_layers, self.check_headers, self.check_tests, self.check_build_lists,
                      self.check_clocks, self.check_coroutines, self.check_text, self.check_folders):
            check()
        return self.findings


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    findings = Tidy(root).run()
    summary = f"tidy: {len(findings)} finding(s)" if findings else "tidy: clean"
    print("\n".join([*findings, summary]))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
