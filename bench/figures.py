"""A figure, a table of figures, and what else every section needs to measure with."""

import dataclasses
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

TICKS = os.sysconf("SC_CLK_TCK")
QUIET = 0.05  # of the cores; above it the machine is busy with something else


@dataclasses.dataclass
class Figure:
    """`value` beside a peer's, measured in the same run. `at_most`, `at_least`: the goal."""

    name: str
    value: float
    unit: str
    peer: str = None
    peer_value: float = None
    at_most: float = None
    at_least: float = None
    ratio_at_most: float = None  # the goal, where it is one of the ratio
    missing: str = None  # why there is no value: what is not installed, and how to install it
    runs: list = None  # each run's value, where `value` is their median
    beside_peer: bool = False  # the goal, or what is compared, rests on what the peer took
    others: float = 0.0  # share of the cores that other programs used meanwhile

    def ratio(self):
        return self.value / self.peer_value if self.peer_value and self.value is not None else None

    def goal(self):
        if self.at_most is not None:
            return f"<= {short(self.at_most)} {self.unit}"
        if self.at_least is not None:
            return f">= {short(self.at_least)} {self.unit}"
        if self.ratio_at_most is not None:
            return f"ratio <= {short(self.ratio_at_most)}"
        return None

    def met(self):
        """None: no goal, or a peer that waited for a core makes any value look good."""
        if self.value is None or (self.beside_peer and self.others > QUIET):
            return None
        if self.at_most is not None:
            return self.value <= self.at_most
        if self.at_least is not None:
            return self.value >= self.at_least
        if self.ratio_at_most is not None and self.peer_value:
            return self.ratio() <= self.ratio_at_most
        return None

    def as_json(self, command):
        return {
            "name": self.name, "value": self.value, "unit": self.unit, "peer": self.peer,
            "peer_value": self.peer_value, "ratio": self.ratio(), "goal": self.goal(),
            "met": self.met(), "missing": self.missing, "command": command, "runs": self.runs,
            "others_cpu": round(self.others, 3),
        }


def short(number):
    """Three digits that matter; whole numbers whole."""
    if number is None:
        return ""
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}"


def print_table(figures):
    """Markdown, to be read as it is or pasted into docs/performance.md."""
    rows = [["figure", "value", "runs", "peer", "its value", "ratio", "goal", "met"]]
    for f in figures:
        runs = f"{short(min(f.runs))} – {short(max(f.runs))}" if f.runs else ""
        met = {True: "yes", False: "no", None: "not judged" if f.goal() else ""}[f.met()]
        value = f.missing or f"{short(f.value)} {f.unit}"
        rows.append([f.name, value, runs, f.peer or "",
                     short(f.peer_value), short(f.ratio()), f.goal() or "", met])
    for number, row in enumerate(rows):
        print("| " + " | ".join(row) + " |")
        if number == 0:
            print("|" + "---|" * len(row))
    sys.stdout.flush()


def write(path, figures, command):
    path.write_text(json.dumps([f.as_json(command) for f in figures], indent=1) + "\n")


def median_of(runs):
    return statistics.median(runs)


def print_machine():
    def run(*command):
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()

    info = pathlib.Path("/proc/cpuinfo").read_text()
    model = next((line.split(":")[1].strip() for line in info.splitlines()
                  if line.startswith("model name")), "unknown")
    commit = run("git", "rev-parse", "--short", "HEAD")
    changed = " and uncommitted changes" if run("git", "status", "--porcelain", "src") else ""
    print(f"{model}, {os.cpu_count()} cores, {os.uname().sysname} {os.uname().release}; "
          f"load {os.getloadavg()[0]:.1f}; {datetime.date.today()}, commit {commit}{changed}")


class Others:
    """What all other programs use of the cores while the block runs: `share`, of 1.

    Ours are this process and the children that it has waited for when the block ends. On a busy
    machine a wait of 0.2 ms for the disk takes until the next scheduler tick, 4 ms.
    """

    def __enter__(self):
        self.begin = self.read()
        return self

    def __exit__(self, *_):
        wall, busy, ours = (after - before for after, before in zip(self.read(), self.begin))
        self.share = max(0.0, busy - ours) / (wall * os.cpu_count())

    @staticmethod
    def read():
        fields = [int(word) / TICKS for word in
                  pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        user, nice, system, _idle, _iowait, irq, softirq, steal = fields
        used = os.times()
        ours = used.user + used.system + used.children_user + used.children_system
        return time.monotonic(), user + nice + system + irq + softirq + steal, ours


def cpu_seconds(pid):
    """Of a process and its children, user and system."""
    total = 0.0
    for each in [pid, *children(pid)]:
        after_name = pathlib.Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        total += (int(after_name[11]) + int(after_name[12])) / TICKS
    return total


def children(pid):
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def resident_mib(pid):
    pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def output_of(*command, timeout=300):
    """What a program prints; it ends within `timeout`."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          timeout=timeout)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed: {done.stderr.strip()}")
    return done.stdout


def json_of(*command, timeout=300):
    return json.loads(output_of(*command, timeout=timeout))
