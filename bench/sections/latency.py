"""From the order to revoke until three followers refuse, over server-sent events, durable.

Two cases, against the same goal: right after another commit (each round has just opened a session, and
the authority keeps commits 2 ms apart), and alone (5 ms after it). Each of several runs has processes
of its own; a row is the median of the runs' quantiles.
"""

import figures
from figures import Figure
from processes import Authority, Authz, Folder, basic

RUNS = 3
ROUNDS = 400
PAUSE_MICROSECONDS = 200  # between two questions to a follower: refusals are seen so much late
FOLLOWERS = 3
DISK = "4 KiB append + fdatasync"


def run(build, apart_microseconds):
    folder = Folder()
    try:
        authority = folder.keep(Authority(folder.path)).start()
        followers = [folder.keep(Authz(folder.path, authority, f"authz-{i}")).start()
                     for i in range(FOLLOWERS)]
        return figures.json_of(
            build / "bench" / "revoke_latency",
            "--authority", authority.port,
            "--followers", ",".join(str(follower.port) for follower in followers),
            "--admin", basic("admin")["Authorization"],
            "--portal", basic("portal")["Authorization"],
            "--file", folder.path / "sync", "--rounds", ROUNDS,
            "--pause-us", PAUSE_MICROSECONDS, "--apart-us", apart_microseconds)
    finally:
        folder.close()


def rows_of(case, runs):
    rows = []
    for name, key in [("order sent → refused by all 3", "refused"),
                      ("order sent → acknowledged", "acknowledged"),
                      ("acknowledged → refused by all 3", "after_answer")]:
        for quantile in ("p50", "p99"):
            values = [each[key][quantile] for each in runs]
            synced = figures.median_of([each["synced"][quantile] for each in runs])
            most = {"p50": synced + 1, "p99": 10}[quantile] if key == "refused" else None
            rows.append(Figure(f"{case}: {name}, {quantile}", figures.median_of(values), "ms",
                               f"{DISK}, {quantile}", synced, at_most=most, runs=values,
                               beside_peer=quantile == "p50"))
    return rows


def measure(build):
    cases = {"right after a commit": 0, "alone": 5000}
    runs = {case: [] for case in cases}
    for _ in range(RUNS):
        for case, apart in cases.items():
            runs[case].append(run(build, apart))
    return [row for case in cases for row in rows_of(case, runs[case])]
