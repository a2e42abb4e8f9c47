"""Whether a token is revoked, asked of a Redis on this machine and of our index; as many in either."""

import json
import shutil

import figures
from figures import Figure
from processes import Folder, Process, free_port, until

ENTRIES = 1_000_000  # Redis takes some 140 MB for them; it answers no slower with more
RUNS = 3
TURNS, TURN_MS = 5, 100
MISSING = "not installed: bench/peers/setup.sh debian && make bench"
OURS = "rescind index, from the token's id"


def start(folder):
    """A Redis without persistence; its port and its socket."""
    port, socket = free_port(), folder.path / "redis.sock"
    folder.keep(Process(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--unixsocket", str(socket),
         "--dir", str(folder.path), "--save", "", "--appendonly", "no"], folder.path / "redis.log"))
    until(socket.exists, "Redis listens")
    return port, socket


def measure(build):
    program = build / "bench" / "revocation_lookup"
    if shutil.which("redis-server") is None or not program.exists():
        return [Figure("Redis EXISTS", None, "", missing=MISSING)]
    runs = {}
    for _ in range(RUNS):
        folder = Folder()
        try:
            port, socket = start(folder)
            text = figures.output_of(program, "--port", port, "--socket", socket, "--entries", ENTRIES,
                                     "--turns", TURNS, "--turn-ms", TURN_MS)
        finally:
            folder.close()
        for line in text.splitlines():
            told = json.loads(line)
            runs.setdefault(told["peer"], []).append(told["ns"] / 1000)
    return rows_of(runs)


def rows_of(runs):
    ours = figures.median_of(runs[OURS])
    rows = [Figure(f"{name}, {ENTRIES:,} revoked", figures.median_of(values), "µs", runs=values)
            for name, values in runs.items() if name.startswith("rescind")]
    rows += [Figure(f"{OURS}", ours, "µs", name, figures.median_of(values))
             for name, values in runs.items() if name.startswith("Redis")]
    return rows
