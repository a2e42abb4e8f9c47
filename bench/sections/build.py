"""How large the program is, and how long it takes to build (as bench/build_time.sh has measured)."""

import json
import pathlib
import subprocess
import tempfile

from figures import Figure

BUILD_TIME = pathlib.Path(__file__).resolve().parents[2] / "build" / "bench" / "build_time.json"
BUILD_SECONDS = 600


def stripped_size(program):
    with tempfile.NamedTemporaryFile() as copy:
        subprocess.run(["strip", "-o", copy.name, str(program)], check=True)
        return pathlib.Path(copy.name).stat().st_size


def measure(build):
    program = build / "rescind"
    rows = [
        Figure("rescind, as it is built", program.stat().st_size / 2**20, "MiB"),
        Figure("rescind, stripped", stripped_size(program) / 2**20, "MiB"),
    ]
    if BUILD_TIME.exists():
        took = json.loads(BUILD_TIME.read_text())
        rows += [
            Figure(f"clean build of {took['what']}, 2 at a time", took["wall_seconds"], "s",
                   at_most=BUILD_SECONDS),
            Figure(f"clean build of {took['what']}, CPU", took["cpu_seconds"], "s"),
        ]
    return rows
