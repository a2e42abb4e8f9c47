#!/usr/bin/env python3
"""Tests of tidy.py: each rule finds its bad file and leaves the good twin alone."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from tidy import Tidy  # noqa: E402

TABLE = """# Architecture
| folder | what lives there | may include |
|---|---|---|
| `include/rescind` | public | – |
| `src/base` | small | – |
| `src/jwt` | tokens | include base |
| `src/net` | sockets | base |
| `src/cli` | roles | all of the above |
"""
HEADER = "#pragma once\n// What it is.\n"
OPEN_END = "TO" + "DO"
MACHINE = "/wo" + "rk/"


def findings(files, table=TABLE):
    with tempfile.TemporaryDirectory() as root:
        for name, text in {"ARCHITECTURE.md": table, **files}.items():
            path = Path(root) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return Tidy(root).run()


def listed(name, text):
    """A .cc file together with the list that names it."""
    path = Path(name)
    return {name: text, str(path.parent / "CMakeLists.txt"): f"module(x SOURCES {path.name})\n"}


class TidyTest(unittest.TestCase):
    def clean(self, files, **more):
        self.assertEqual(findings(files, **more), [])

    def says(self, files, where, what, **more):
        found = findings(files, **more)
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(where + ": "), found[0])
        self.assertIn(what, found[0])

    def test_includes_obey_the_table(self):
        self.clean(listed("src/jwt/a.cc", '#include "base/x.h"\n#include <rescind/d.h>\n'))
        self.clean(listed("src/cli/a.cc", '#include "net/x.h"\n'))
        self.says(listed("src/base/a.cc", 'int x;\n#include "jwt/x.h"\n'), "src/base/a.cc:2", "may not include `jwt`")
        self.says(listed("src/net/a.cc", '#include "rescind/d.h"\n'), "src/net/a.cc:1", "may not include `include`")

    def test_includes_are_full_paths(self):
        self.says(listed("src/base/a.cc", '#include "x.h"\n'), "src/base/a.cc:1", '"base/x.h"')

    def test_a_folder_needs_a_row(self):
        self.says(listed("src/extra/a.cc", "int x;\n"), "src/extra/a.cc:1", "no row")

    def test_the_table_has_no_cycle(self):
        bad = TABLE.replace("| small | – |", "| small | jwt |")
        self.says({}, "ARCHITECTURE.md:5", "not above it", table=bad)
        self.says({}, "ARCHITECTURE.md:1", "no layer table", table="# nothing\n")

    def test_headers_show_only_the_standard_library(self):
        self.clean({"src/base/a.h": HEADER + "#include <vector>\n#include <sys/types.h>\n"})
        self.clean({"src/net/store_conformance.h": HEADER + "#include <gtest/gtest.h>\n"})
        self.says({"src/base/a.h": HEADER + "#include <openssl/evp.h>\n"}, "src/base/a.h:3", "<openssl/evp.h>")
        self.says({"src/base/a.h": HEADER + "#include <gtest/gtest.h>\n"}, "src/base/a.h:3", "in a header")

    def test_headers_open_with_what_they_are(self):
        self.says({"src/base/a.h": "// x\n#pragma once\n"}, "src/base/a.h:1", "#pragma once")
        self.says({"src/base/a.h": "#pragma once\nint x;\n"}, "src/base/a.h:2", "paragraph")
        self.says({"src/base/a.h": HEADER + "using namespace std;\n"}, "src/base/a.h:3", "using namespace")
        self.clean({"src/base/a.h": HEADER + "// using namespace std;\n"})

    def test_units_have_tests(self):
        unit = {"src/base/a.h": HEADER, **listed("src/base/a.cc", "int x;\n")}
        self.says(unit, "src/base/a.h:1", "a_test.cc")
        both = {"src/base/CMakeLists.txt": "a.cc b_test.cc a_test.cc\n"}
        self.clean({**unit, "src/base/a_test.cc": "", **both})
        self.clean({**unit, "src/base/b_test.cc": '#include "base/a.h"\n', **both})
        self.clean({"src/base/a.h": HEADER})

    def test_inner_parts_are_tested_through_what_uses_them(self):
        files = {"src/base/part.h": HEADER, "src/base/part.cc": "", "src/base/a.h": HEADER, "src/base/a_test.cc": "",
                 "src/base/CMakeLists.txt": "a.cc part.cc a_test.cc\n"}
        self.clean({**files, "src/base/a.cc": '#include "base/part.h"\n'})
        self.says({**files, "src/base/a.cc": ""}, "src/base/part.h:1", "part_test.cc")

    def test_every_unit_is_built(self):
        self.says({"src/base/a.cc": "", "src/base/CMakeLists.txt": "ba.cc\n"}, "src/base/a.cc:1", "in no CMakeLists")
        self.clean({"src/base/deep/a.cc": "", "src/base/CMakeLists.txt": "deep/a.cc\n"})

    def test_clocks_are_read_in_one_place(self):
        use = "auto t = std::chrono::system_clock::now();\n"
        self.says(listed("src/base/a.cc", use), "src/base/a.cc:1", "base/clock")
        self.says(listed("src/base/a.cc", "\nclock_gettime(0, &t);\n"), "src/base/a.cc:2", "base/clock")
        self.clean(listed("src/base/clock.cc", use))
        self.clean(listed("src/net/a.cc", "steady_clock::now();\n"))
        self.says(listed("src/net/a.cc", use), "src/net/a.cc:1", "base/clock")
        self.says(listed("src/jwt/a.cc", "steady_clock::now();\n"), "src/jwt/a.cc:1", "base/clock")
        self.clean(listed("src/base/a_bench.cc", use))
        self.clean(listed("src/base/a.cc", "// no system_clock here\n"))

    def test_text_rules(self):
        self.says({"a.md": f"x\n{OPEN_END}: later\n"}, "a.md:2", "do it now")
        self.says({"a.sh": f"cd {MACHINE}x\n"}, "a.sh:1", "path of one machine")
        self.says({"a.py": "x = 1\n" * 401}, "a.py:401", "more than 400")
        self.clean({"a.py": "x = 1\n" * 400, "b.md": "the work/root folder\n"})
        self.says({"src/base/utils/CMakeLists.txt": ""}, "src/base/utils:1", "says nothing")

    def test_coroutines_live_in_net_and_transport(self):
        code = "Task f() { co_return; }\n"
        self.clean(listed("src/net/a.cc", code))
        self.says(listed("src/jwt/a.cc", code), "src/jwt/a.cc:1", "outside")
        self.says({"src/net/a.h": HEADER + code}, "src/net/a.h:3", "outside")

    def test_awaited_expressions_have_no_bad_temporaries(self):
        good = ["co_await f(std::move(x));", 'co_await f(std::string("a{b"), y[i], 3);', "if (co_await f(x)) { g(); }",
                "co_await f([](int a) { return a; });", "auto g = [x] { return x; }; co_await f(g);",
                "co_await f(T(1)); g({1, 2});", "use(co_await f(x), T{1});"]
        bad = {"co_await f([x] { return x; });": "capturing lambda", "co_await f([&](int a) { g(a); });": "capturing lambda",
               "co_await f(T{1, 2});": "braced list", "co_await f({.a = 1});": "braced list",
               "co_await [x]() -> Task { co_return; }();": "capturing lambda"}
        for line in good:
            with self.subTest(line):
                self.clean(listed("src/net/a.cc", "Task f() {\n" + line + "\n}\n"))
        for line, what in bad.items():
            with self.subTest(line):
                found = findings(listed("src/net/a.cc", "Task f() {\n" + line + "\n}\n"))
                self.assertTrue(found and found[0].startswith("src/net/a.cc:2: ") and what in found[0], found)

    def test_capturing_lambdas_are_no_coroutines(self):
        self.says(listed("src/net/a.cc", "void f() {\n  spawn([x] { co_await g(x); });\n}\n"), "src/net/a.cc:2",
                  "is a coroutine")
        self.clean(listed("src/net/a.cc", "Task f() {\n  use([x] { g(x); });\n  co_await h();\n}\n"))
        self.clean(listed("src/net/a.cc", "void f() {\n  spawn([](int x) -> Task { co_await g(x); });\n}\n"))


if __name__ == "__main__":
    unittest.main()
