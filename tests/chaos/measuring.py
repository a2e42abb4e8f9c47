"""What the chaos scripts share: the harness of the integration tests, and quantiles."""

import json
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))


def quantile(values, q):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else float("nan")


def milliseconds(values):
    """p50, p99 and max of seconds, as a text."""
    return "p50 {:.1f} ms, p99 {:.1f} ms, max {:.1f} ms".format(
        *(1000 * one for one in (quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1))))


def resident_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def report(name, **figures):
    """One line for people, one for programs."""
    print(f"{name}: " + "; ".join(f"{key.replace('_', ' ')} {value}" for key, value in figures.items()))
    print(json.dumps({"chaos": name, **figures}), flush=True)


class Repeating:
    """Calls `once` every `every` seconds on a thread; remembers how long each call took."""

    def __init__(self, once, every):
        self.once, self.every = once, every
        self.took = []
        self.failures = []
        self.going = True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        due = time.monotonic()
        while self.going:
            begin = time.monotonic()
            try:
                self.once()
                self.took.append(time.monotonic() - begin)
            except Exception as error:  # what went wrong is the script's to judge
                self.failures.append(repr(error))
            due = max(due + self.every, time.monotonic())
            time.sleep(max(0, due - time.monotonic()))

    def stop(self):
        self.going = False
        self.thread.join()
        return self
