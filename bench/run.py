"""Runs the sections of the bench, prints their tables, writes build/bench/SECTION.json.

Each section is a module with `measure(build)` that returns a list of figures. See docs/performance.md
for what they mean and for the last run.
"""

import argparse
import importlib
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SECTIONS = ["verify", "redis", "latency", "transports", "fan_out", "writes", "gateway", "index", "build"]
WITHOUT_PROGRAM = {"verify", "redis", "index"}  # these measure the libraries


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release", help="folder of a release build")
    parser.add_argument("sections", nargs="*", help=f"of {' '.join(SECTIONS)}; all")
    arguments = parser.parse_args()
    build = pathlib.Path(arguments.build).resolve()
    program = build / "rescind"
    if not program.exists() and not set(arguments.sections or SECTIONS) <= WITHOUT_PROGRAM:
        sys.exit(f"{program} is missing: make build first")
    for section in arguments.sections:
        if section not in SECTIONS:
            sys.exit(f"{section} is none of {' '.join(SECTIONS)}")

    os.environ["RESCIND_BINARY"] = str(program)
    sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests" / "integration")]
    import figures
    out = ROOT / "build" / "bench"
    out.mkdir(parents=True, exist_ok=True)
    figures.print_machine()
    for section in arguments.sections or SECTIONS:
        print(f"\n## {section}\n", flush=True)
        with figures.Others() as others:
            measured = importlib.import_module(f"sections.{section}").measure(build)
        for figure in measured:
            figure.others = others.share
        figures.print_table(measured)
        print(f"\nOther programs used {others.share:.0%} of the cores meanwhile.", flush=True)
        figures.write(out / f"{section}.json", measured, f"bench/run.sh {section}")


if __name__ == "__main__":
    main()
