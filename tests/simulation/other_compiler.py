#!/usr/bin/env python3
"""Runs some seeds in the simulator that two compilers have built: other_compiler.py PROGRAM BUILD

PROGRAM is one of them, BUILD the build folder of the other, which is brought up to date first. The
digests of their traces have to be equal.
"""

import subprocess
import sys
from pathlib import Path

SEEDS = "1:200"


def digest_of(program):
    done = subprocess.run([str(program), "--seeds", SEEDS], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{program}:\n{done.stdout}{done.stderr}")
    return done.stdout.split("digest ")[1].split(",")[0]


def main():
    program, build = Path(sys.argv[1]), Path(sys.argv[2])
    if not (build / "build.ninja").exists():
        print(f"not run: there is no build of the other compiler in {build}")
        return
    built = subprocess.run(["cmake", "--build", str(build), "--target", "simulate"],
                           capture_output=True, text=True, check=False)
    if built.returncode:
        sys.exit(built.stdout[-3000:])
    digests = [digest_of(one) for one in (program, build / "tests/simulation/simulate")]
    if digests[0] != digests[1]:
        sys.exit(f"seeds {SEEDS} run differently: {digests[0]} and {digests[1]}")
    print(f"seeds {SEEDS}: {digests[0]}, both")


if __name__ == "__main__":
    main()
