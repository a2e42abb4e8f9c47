"""From a revocation to the last of many followers over server-sent events, on one authority."""

import figures
from figures import Figure
from processes import Authority, Folder, basic

COUNTS = (100, 10_000)
ROUNDS = 60
GOALS = {100: {"p99": 20}, 10_000: {"p50": 150, "p99": 500}}
KIB_EACH = 32
STORM_MS = 10_000


def run(build, count):
    folder = Folder()
    try:
        authority = folder.keep(Authority(folder.path)).start()
        return figures.json_of(
            build / "bench" / "fan_out", "--authority", authority.port, "--pid", authority.process.pid,
            "--followers", count, "--admin", basic("admin")["Authorization"],
            "--follower", basic("follower")["Authorization"], "--rounds", ROUNDS, "--pause-ms", 200)
    finally:
        folder.close()


def rows_of(count, told):
    for quantile in ("p50", "p99", "max"):
        yield Figure(f"{count:,} followers: order sent → the last has it, {quantile}",
                     told["order_to_last"][quantile], "ms",
                     at_most=GOALS[count].get(quantile))
    yield Figure(f"{count:,} followers: answer → the last has it, p50", told["answer_to_last"]["p50"], "ms")
    yield Figure(f"{count:,} followers: memory of the authority, each", told["kib_each"], "KiB",
                 at_most=KIB_EACH)
    yield Figure(f"{count:,} followers: all come back at once, the last is served", told["storm_ms"], "ms",
                 at_most=STORM_MS)
    yield Figure(f"{count:,} followers: a revoke meanwhile, max", told["revoke_in_storm"]["max"], "ms")


def measure(build):
    return [row for count in COUNTS for row in rows_of(count, run(build, count))]
