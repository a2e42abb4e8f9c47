#!/usr/bin/env python3
"""Plants bugs inside the follower and the index, one at a time in a copy of the tree, and runs the
simulator over each: tests/simulation/mutants.py [--seeds 500] [NAME…]

Run by hand (a minute or two for each: it compiles); docs/simulation.md has the results. Exit code 1
where a bug is not found, or where the text that it changes is no longer there.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# name: (file, what stands there, what is planted)
MUTANTS = {
    "gap ignored": (
        "src/feed/chain.cc",
        "if (batch.position.number != place.position.number + 1 || batch.previous != place.head) {",
        "if (batch.position.number <= place.position.number) {"),
    "any heartbeat refreshes": (
        "src/feed/follower.cc",
        "    observe(head.position.term, heartbeat.at, now);\n",
        "    refresh(head.position.term, heartbeat.at, now);\n"),
    "snapshot not joined": (
        "src/feed/follower_answers.cc",
        "if (!writer.join(opened->entries)) {",
        "if (false) {"),
    "early batches count as applied": (
        "src/feed/follower.cc",
        "  const auto joined = writer.join(next.batch);\n",
        "  const Result<IndexWriter::Joined> joined = early.size() == 0\n"
        "                                                 ? writer.join(next.batch)\n"
        "                                                 : Result<IndexWriter::Joined>();\n"),
    "ready at once": (
        "src/feed/follower.cc",
        "if (!ready && origin_answered && start_head && chain.fit(*start_head) == Chain::Fit::kKnown) {",
        "if (!ready) {"),
    "replays refresh": (
        "src/revocation/freshness.cc",
        "if (known_ && (term < term_ || (term == term_ && at <= at_))) return false;",
        "known_ = false;"),
}

TOP = """cmake_minimum_required(VERSION 3.25)
project(rescind LANGUAGES C CXX)
list(APPEND CMAKE_MODULE_PATH "${CMAKE_SOURCE_DIR}/cmake")
include(GNUInstallDirs)
include(Toolchain)
include(Module)
foreach(folder IN ITEMS base jwt revocation feed store)
  add_subdirectory("src/${folder}")
endforeach()
add_subdirectory(tests/simulation)
"""


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def build(tree):
    if not (tree / "build").exists():
        configured = run(["cmake", "-G", "Ninja", "-B", "build", "-DCMAKE_BUILD_TYPE=Release",
                          "-DCMAKE_CXX_COMPILER=g++", "-DCMAKE_CXX_FLAGS_RELEASE=-O2", "."], cwd=tree)
        if configured.returncode:
            sys.exit(configured.stderr)
    built = run(["ninja", "-C", "build", "-j2", "simulate"], cwd=tree)
    if built.returncode:
        sys.exit(built.stdout[-3000:])


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seeds", type=int, default=500)
    arguments.add_argument("names", nargs="*")
    options = arguments.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        for part in ("src", "include", "cmake", "tests/simulation"):
            shutil.copytree(ROOT / part, tree / part)
        (tree / "CMakeLists.txt").write_text(TOP, encoding="utf-8")
        for name in options.names or MUTANTS:
            file, there, planted = MUTANTS[name]
            path = tree / file
            whole = path.read_text(encoding="utf-8")
            if there not in whole:
                print(f"{name}: {file} has changed; mend the mutant", flush=True)
                missed += 1
                continue
            path.write_text(whole.replace(there, planted, 1), encoding="utf-8")
            build(tree)
            found = run(["build/tests/simulation/simulate", "--seeds", f"1:{options.seeds}"], cwd=tree)
            lines = found.stdout.splitlines() or [f"exit code {found.returncode}"]
            print(f"{name}: {' '.join(lines[:2])[:160]}", flush=True)
            missed += found.returncode == 0
            path.write_text(whole, encoding="utf-8")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
