"""Whole verification of the same tokens by us and by others, beside the bare signature check.

Everything takes turns: in each of several rounds each program runs once, and within it what is compared
takes turns again. Times are CPU (of the whole process where it has threads of its own), so that a
program that waits for a core loses nothing by it; a row is the median of the rounds. The tokens, the
keys and the claims that are looked at are the same for all (bench/peers/tokens.h).

Peers that are not installed are named with the command that installs them.
"""

import json
import pathlib
import shutil

import figures
from figures import Figure
from processes import Folder

ROUNDS = 5
TOKENS = 1024
TURNS, TURN_MS = 5, 60  # of one algorithm and one way in one round
WARM = {1_000: (20_000, 200), 65_536: (20_000, 650), 1_000_000: (20_000, 1_100)}  # batches, goal in ns
WARM_ROUNDS = 3
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "HS256"]
COLD_TO_BARE = 1.15
READ_NS, REFUSE_NS, HS256_NS = 600, 1_500, 1_300
TO_BEST_CACHE = 1 / 25

PEERS = pathlib.Path(__file__).resolve().parent.parent / "peers"
SETUP = "bench/peers/setup.sh"
INSTALLED = PEERS.parent.parent / "build" / "bench" / "peers"


class Peer:
    """A program that prints {"peer", "algorithm", "ns"} lines; `needs` has to be there to run it."""

    def __init__(self, name, installer, needs, command):
        self.name = name
        self.installer = installer
        self.installed = all(pathlib.Path(need).exists() for need in needs)
        self.command = command

    def row(self):
        return Figure(self.name, None, "", missing=f"not installed: {SETUP} {self.installer}")


def peers_of(build, folder):
    bench = build / "bench"

    def program(name):
        return bench / name, "--folder", folder, "--turns", TURNS, "--turn-ms", TURN_MS

    def node(name, package):
        script = PEERS / f"peer_{name}.mjs"
        command = (shutil.which("node") or "node", script, folder, INSTALLED / "node", TURNS, TURN_MS)
        needs = [INSTALLED / "node" / "node_modules" / package, shutil.which("node") or "/no/node"]
        return Peer(package, "node", needs, command)

    python = INSTALLED / "python" / "bin" / "python"
    golang = INSTALLED / "golang_jwt"
    return [
        Peer("cpp-jwt", "debian && make bench", [bench / "peer_cpp_jwt"], program("peer_cpp_jwt")),
        Peer("libjwt", "debian && make bench", [bench / "peer_libjwt"], program("peer_libjwt")),
        node("jsonwebtoken", "jsonwebtoken"),
        node("jose", "jose"),
        node("fast_jwt", "fast-jwt"),
        Peer("PyJWT", "python", [python],
             (python, PEERS / "peer_pyjwt.py", folder, TURNS, TURN_MS)),
        Peer("golang-jwt", "go", [golang], (golang, folder, TURNS, TURN_MS)),
    ]


class Times:
    """Nanoseconds by (who, what), a value for each round."""

    def __init__(self):
        self.runs = {}

    def add(self, who, what, ns):
        self.runs.setdefault((who, what), []).append(ns)

    def read(self, text):
        for line in text.splitlines():
            told = json.loads(line)
            self.add(told.get("peer", "rescind"), told.get("algorithm") or told["what"], told["ns"])

    def has(self, who, what):
        return (who, what) in self.runs

    def row(self, name, who, what, unit, peer=None, peer_name=None, **goal):
        """`who` beside `peer`, both at `what`."""
        scale = {"ns": 1, "µs": 1e-3}[unit]
        runs = [ns * scale for ns in self.runs[who, what]]
        beside = {}
        if peer is not None:
            beside = {"peer": peer_name or peer,
                      "peer_value": figures.median_of(self.runs[peer, what]) * scale}
        return Figure(name, figures.median_of(runs), unit, runs=runs, **beside, **goal)

    def peers(self, algorithm, ours, cached):
        """Who else has verified such tokens, the quickest first."""
        found = [(figures.median_of(runs), who) for (who, what), runs in self.runs.items()
                 if what == algorithm and who not in ours and who.endswith(", cache") == cached]
        return [who for _, who in sorted(found)]


def cold_rows(times):
    rows = []
    for algorithm in ALGORITHMS:
        goal = {"ratio_at_most": COLD_TO_BARE}
        if algorithm == "HS256":
            goal = {"at_most": HS256_NS / 1000}
        name = f"{algorithm}, cold"
        rows.append(times.row(name, "rescind", algorithm, "µs", "OpenSSL", "OpenSSL's bare check",
                              **goal))
        if times.has("libsodium", algorithm):
            rows.append(times.row(name, "rescind", algorithm, "µs", "libsodium",
                                  "libsodium's bare check", **goal))
    return rows


def peer_rows(times):
    rows = []
    ours = {"OpenSSL", "libsodium", "rescind", "rescind, seen before"}
    for algorithm in ALGORITHMS:
        rows += [times.row(f"{algorithm}, whole, cold", "rescind", algorithm, "µs", peer)
                 for peer in times.peers(algorithm, ours, cached=False)]
    for algorithm in ALGORITHMS:
        rows += [times.row(f"{algorithm}, seen before", "rescind, seen before", algorithm, "µs",
                           peer, ratio_at_most=TO_BEST_CACHE)
                 for peer in times.peers(algorithm, ours, cached=True)]
    return rows


def refuse_rows(times):
    rows = [times.row("split, decode, read the claims", "rescind", "read", "ns", at_most=READ_NS)]
    rows += [times.row(f"refused: {what}", "rescind", what, "ns", at_most=REFUSE_NS)
             for who, what in times.runs if what not in ["read", *ALGORITHMS]]
    return rows


def warm_rows(build):
    rows = []
    for hot, (batches, goal) in WARM.items():
        runs = [figures.json_of(build / "bench" / "verify_warm", "--hot", hot,
                                "--batches", batches) for _ in range(WARM_ROUNDS)]

        def row(name, key, unit, **more):
            values = [run[key] for run in runs]
            return Figure(f"{name}, {hot:,} hot tokens", figures.median_of(values), unit, runs=values,
                          **more)

        rows += [
            row("seen before, nothing revoked meanwhile", "at_rest_ns", "ns", at_most=goal),
            row("seen before, looked up anew", "changing_ns", "ns", at_most=goal),
            row("found remembered", "hits", "of all"),
        ]
        if hot == min(WARM):
            rows.append(row("of that, reading the clocks", "clock_ns", "ns"))
    return rows


def measure(build):
    folder = Folder()
    try:
        bench = build / "bench"
        figures.output_of(bench / "write_tokens", "--folder", folder.path, "--tokens", TOKENS)
        peers = peers_of(build, folder.path)
        turns = ("--turns", TURNS, "--turn-ms", TURN_MS)
        times = Times()
        for _ in range(ROUNDS):
            times.read(figures.output_of(bench / "verify_cold", "--folder", folder.path, *turns))
            times.read(figures.output_of(bench / "verify_refuse", *turns))
            for peer in peers:
                if peer.installed:
                    times.read(figures.output_of(*peer.command))
        return [*cold_rows(times), *warm_rows(build), *refuse_rows(times), *peer_rows(times),
                *(peer.row() for peer in peers if not peer.installed)]
    finally:
        folder.close()
