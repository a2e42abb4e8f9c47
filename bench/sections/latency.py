"""From the order to revoke until three followers refuse, over server-sent events, durable."""

import figures
from figures import Figure
from processes import Authority, Authz, Folder, basic

ROUNDS = 400
PAUSE_MICROSECONDS = 200
FOLLOWERS = 3


def measure(build):
    folder = Folder()
    try:
        authority = folder.keep(Authority(folder.path)).start()
        followers = [folder.keep(Authz(folder.path, authority, f"authz-{i}")).start()
                     for i in range(FOLLOWERS)]
        measured = figures.json_of(
            build / "bench" / "revoke_latency",
            "--authority", authority.port,
            "--followers", ",".join(str(follower.port) for follower in followers),
            "--admin", basic("admin")["Authorization"],
            "--portal", basic("portal")["Authorization"],
            "--file", folder.path / "sync", "--rounds", ROUNDS, "--pause-us", PAUSE_MICROSECONDS)
    finally:
        folder.close()

    disk = "4 KiB append + fdatasync"
    synced = measured["synced"]
    rows = []
    for name, key, most in [
        ("order sent → refused by all 3, p50", ("refused", "p50"), synced["p50"] + 1),
        ("order sent → refused by all 3, p99", ("refused", "p99"), 10),
        ("order sent → acknowledged (durable), p50", ("acknowledged", "p50"), None),
        ("order sent → acknowledged (durable), p99", ("acknowledged", "p99"), None),
        ("acknowledged → refused by all 3, p50", ("after_answer", "p50"), None),
        ("acknowledged → refused by all 3, p99", ("after_answer", "p99"), None),
    ]:
        what, quantile = key
        rows.append(Figure(name, measured[what][quantile], "ms", f"{disk}, {quantile}",
                           synced[quantile], at_most=most,
                           beside_peer=quantile == "p50"))
    return rows
