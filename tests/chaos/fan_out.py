"""Ten thousand followers over server-sent events, then half as many over WebSockets, and all coming back at once (L6).

    RESCIND_BINARY=build/release/rescind python3 tests/chaos/fan_out.py BUILD [FOLLOWERS]

Held: each revocation reaches every one of them, and after all connections were ended at once all are served
again while revoking goes on. bench/run.sh fan_out judges the times.
"""

import json
import subprocess
import sys

from measuring import report
from processes import Authority, Folder, basic


def hold(build, road, followers):
    folder = Folder()
    try:
        authority = folder.keep(Authority(folder.path).start())
        done = subprocess.run(
            [f"{build}/bench/fan_out", "--authority", str(authority.port),
             "--pid", str(authority.process.pid), "--followers", str(followers), "--road", road,
             "--admin", basic("admin")["Authorization"],
             "--follower", basic("follower")["Authorization"], "--rounds", "60", "--pause-ms", "200"],
            capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        report("fan-out", road=road, followers=followers, order_sent_to_the_last_ms=told["order_to_last"],
               kib_each=told["kib_each"], all_back_ms=told["storm_ms"],
               revoke_meanwhile_ms=told["revoke_in_storm"])
    finally:
        folder.close()


def main(build, followers):
    hold(build, "sse", followers)
    hold(build, "websocket", followers // 2)
    print("fan_out: held")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
