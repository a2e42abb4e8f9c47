"""The index beside the containers that one would take else: a table of index_bench, all of one run.

A sweep looks at every entry and lets a 60th of them go.
"""

import os
import sys

import figures
from figures import Figure

ENTRIES = 10_000_000
OURS = "rescind index"
GOALS = {"miss": 30, "hit": 110, "bytes": 24, "purge": 20}  # docs/performance.md
UNITS = {"miss": "ns", "hit": "ns", "bytes": "B/entry", "purge": "ms a sweep"}


def table(text):
    """{(entries, container): {column: value}} of what index_bench prints last."""
    found = {}
    for line in text.splitlines():
        head, name, rest = line[:12].strip(), line[13:41].strip(), line[41:].split()
        if head.isdigit() and len(rest) == 6:
            values = [float(cell) for cell in rest]
            found[int(head), name] = dict(zip(["miss", "hit", "bytes", "purge"], values))
    return found


def measure(build):
    program = build / "bench" / "index_bench"
    if not program.exists():
        sys.exit(f"{program} is missing: configure with -DRESCIND_BENCH=ON")
    os.environ.setdefault("RESCIND_BENCH_ENTRIES", str(ENTRIES))
    measured = table(figures.output_of(program, timeout=900))
    rows = []
    for (entries, peer), theirs in sorted(measured.items()):
        if peer == OURS:
            continue
        ours = measured[entries, OURS]
        for what, value in ours.items():
            goal = GOALS[what] if entries == ENTRIES else None
            rows.append(Figure(f"index of {entries:,}: {what}", value, UNITS[what], peer,
                               theirs[what], at_most=goal))
    return rows
