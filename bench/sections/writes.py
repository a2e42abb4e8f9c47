"""What one authority on SQLite commits in a second, over HTTP, with an fsync before every answer."""

import contextlib
import os
import sqlite3
import sys
import time

import figures
from figures import Figure
from processes import Authority, Folder, basic

RUNS = 3
CLIENTS = 64
WARM_UP_MS = 1000
DURATION_MS = 4000
SYNCS = 200


def syncs_per_second(folder):
    """How often the disk takes 4 KiB for good, one after the other."""
    with open(folder / "sync", "ab", buffering=0) as file:
        begin = time.monotonic()
        for _ in range(SYNCS):
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
        return SYNCS / (time.monotonic() - begin)


def committed_revocations(authority):
    with contextlib.closing(sqlite3.connect(f"file:{authority.database}?mode=ro", uri=True)) as db:
        return db.execute("SELECT count(*) FROM revocation_record").fetchone()[0]


class Load:
    """One kind of load, run again and again against an authority of its own."""

    def __init__(self, build, what, client, per_request=1, clients=CLIENTS):
        self.build = build
        self.what = what
        self.authorization = basic(client)["Authorization"]
        self.per_request = per_request
        self.clients = clients

    def run(self):
        """Per second; per second of the server's CPU; latencies; the disk's syncs per second."""
        folder = Folder()
        try:
            authority = folder.keep(Authority(folder.path)).start()
            syncs = syncs_per_second(folder.path)
            before = figures.cpu_seconds(authority.process.pid)
            rows = committed_revocations(authority)
            load = figures.json_of(
                self.build / "bench" / "write_load", "--what", self.what,
                "--port", authority.port, "--authorization", self.authorization,
                "--clients", self.clients, "--per-request", self.per_request,
                "--run", "bench", "--warm-up-ms", WARM_UP_MS, "--duration-ms", DURATION_MS)
            cpu = figures.cpu_seconds(authority.process.pid) - before
            if load["wrong"]:
                sys.exit(f"{self.what}: {load['wrong']} answers were not what was wanted")
            if self.what == "revoke":
                kept = committed_revocations(authority) - rows
                if kept != load["total"]:
                    sys.exit(f"acknowledged {load['total']} revocations, found {kept}")
            return {**load, "per_core_second": load["total"] / cpu, "syncs": syncs,
                    "mib": figures.resident_mib(authority.process.pid)}
        finally:
            folder.close()


def rows_of(name, load, at_least=None, per_core_goal=None):
    runs = [load.run() for _ in range(RUNS)]

    def median(key):
        return figures.median_of([run[key] for run in runs])

    def row(title, key, unit, **more):
        return Figure(f"{name}{title}", median(key), unit, runs=[run[key] for run in runs], **more)

    return [
        row("", "per_second", "/s", peer="fdatasync one after the other",
            peer_value=median("syncs"), at_least=at_least),
        row(", by the authority's CPU", "per_core_second", "/core-s", at_least=per_core_goal),
        row(", a request, p50", "p50_ms", "ms"),
        row(", a request, p99", "p99_ms", "ms"),
        row(", the authority's memory", "mib", "MiB"),
    ]


def measure(build):
    return [
        *rows_of("revocations, 64 clients, one a request", Load(build, "revoke", "admin"),
                 at_least=10_000),
        *rows_of("revocations, 4 clients, 1,000 a request",
                 Load(build, "revoke", "admin", per_request=1000, clients=4), at_least=50_000),
        *rows_of("refreshes (rotation, ES256), 64 clients", Load(build, "refresh", "portal"),
                 per_core_goal=7_000),
    ]
