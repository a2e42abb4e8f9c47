"""Ten thousand followers over server-sent events, and all of them coming back at once (L6).

    RESCIND_BINARY=build/release/rescind python3 tests/chaos/fan_out.py BUILD [FOLLOWERS]

Held: each revocation reaches every one of them, and after all connections were ended at once all are served
again while revoking goes on. bench/run.sh fan_out judges the times.
"""

import json
import subprocess
import sys

from measuring import report
from processes import Authority, Folder, basic


def main(build, followers):
    folder = Folder()
    try:
        authority = folder.keep(Authority(folder.path).start())
        done = subprocess.run(
            [f"{build}/bench/fan_out", "--authority", str(authority.port),
             "--pid", str(authority.process.pid), "--followers", str(followers),
             "--admin", basic("admin")["Authorization"],
             "--follower", basic("follower")["Authorization"], "--rounds", "60", "--pause-ms", "200"],
            capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        report("fan-out", followers=followers, order_sent_to_the_last_ms=told["order_to_last"],
               kib_each=told["kib_each"], all_back_ms=told["storm_ms"],
               revoke_meanwhile_ms=told["revoke_in_storm"])
        print("fan_out: held")
    finally:
        folder.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
