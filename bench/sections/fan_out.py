"""From a revocation to the last of many followers, on one authority."""

import figures
from figures import Figure
from processes import Authority, Folder, basic

ROUNDS = 60
CROWD = {"p50": 150, "p99": 500}  # ms
CASES = (("sse", "over server-sent events", 100, {"p99": 20}),
         ("sse", "over server-sent events", 10_000, CROWD),
         ("websocket", "over WebSockets", 5_000, CROWD))
KIB_EACH = 32
STORM_MS = 10_000


def run(build, road, count):
    folder = Folder()
    try:
        authority = folder.keep(Authority(folder.path)).start()
        return figures.json_of(
            build / "bench" / "fan_out", "--authority", authority.port, "--pid", authority.process.pid,
            "--followers", count, "--road", road, "--admin", basic("admin")["Authorization"],
            "--follower", basic("follower")["Authorization"], "--rounds", ROUNDS, "--pause-ms", 200)
    finally:
        folder.close()


def rows_of(who, goals, told):
    for quantile in ("p50", "p99", "max"):
        yield Figure(f"{who}: order sent → the last has it, {quantile}", told["order_to_last"][quantile], "ms",
                     at_most=goals.get(quantile))
    yield Figure(f"{who}: answer → the last has it, p50", told["answer_to_last"]["p50"], "ms")
    yield Figure(f"{who}: memory of the authority, each", told["kib_each"], "KiB", at_most=KIB_EACH)
    yield Figure(f"{who}: all come back at once, the last is served", told["storm_ms"], "ms", at_most=STORM_MS)
    yield Figure(f"{who}: a revoke meanwhile, max", told["revoke_in_storm"]["max"], "ms")


def measure(build):
    return [row for road, over, count, goals in CASES
            for row in rows_of(f"{count:,} followers {over}", goals, run(build, road, count))]
