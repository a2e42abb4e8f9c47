"""A broker is stopped (SIGSTOP), then killed, while revocations go on (security case L13).

    RESCIND_BINARY=build/release/src/cli/rescind python3 tests/chaos/broker_down.py [SECONDS]

The authority publishes to a Redis. One follower has the embedded road, the other one nothing but Redis.
Held: revoking goes on as fast as before; the embedded follower is never stale; the other one says that it
is, refuses, and after the return has every revocation; the lag is drained.
"""

import sys
import time

from measuring import Repeating, milliseconds, report
from processes import Authority, Authz, Folder, until
from test_brokers import Forwarder, Redis, metric

PER_SECOND = 50


class World:
    def __init__(self, folder):
        self.redis = folder.keep(Redis(folder.path).start())
        url = f"redis://127.0.0.1:{self.redis.port}"
        self.authority = folder.keep(
            Authority(folder.path / "authority", feed={"transports": [url]}).start())
        self.authority.add_user()
        self.way = Forwarder(self.authority.port)
        bound = {"max_staleness": "3s"}
        self.embedded = folder.keep(Authz(
            folder.path / "embedded", self.authority, name="embedded", revocation=bound).start())
        self.over_redis = folder.keep(Authz(
            folder.path / "redis-only", self.authority, name="redis-only", feed_port=self.way.port,
            feed={"roads": [url]}, revocation=bound).start())
        self.revoked = []
        until(lambda: metric(self.authority, "rescind_publisher_lag_batches") == 0, "all is on Redis")
        self.way.cut()

    def revoke(self):
        pair = self.authority.login()
        session = self.authority.introspect(pair["access_token"]).json()["sid"]
        begin = time.monotonic()
        self.authority.revoke("sid", session)
        self.took.append(time.monotonic() - begin)
        self.revoked.append(pair["access_token"])

    def flood(self):
        self.count += 1
        begin = time.monotonic()
        self.authority.revoke("jti", f"nobody-{self.count}")
        self.took.append(time.monotonic() - begin)

    count = 0
    took = []

    def measure(self, seconds, watch):
        """Revokes for some seconds; `watch` is called again and again."""
        self.took = []
        loads = [Repeating(self.flood, 1 / PER_SECOND), Repeating(self.revoke, 1.0)]
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            watch()
            time.sleep(0.05)
        failures = [failure for load in loads for failure in load.stop().failures]
        assert not failures, failures[:3]
        return list(self.took)

    def embedded_refuses_at_once(self):
        for token in self.revoked[-1:]:
            until(lambda: self.embedded.check(token).status == 401, "refused over the embedded road")

    def drain(self):
        begin = time.monotonic()
        lag = metric(self.authority, "rescind_publisher_lag_batches")
        until(lambda: metric(self.authority, "rescind_publisher_lag_batches") == 0, "drained", 60)
        return lag, time.monotonic() - begin

    def over_redis_has_all(self):
        for token in self.revoked:
            until(lambda: self.over_redis.check(token).status == 401, "refused by what Redis carried")


def main(seconds):
    folder = Folder()
    try:
        world = World(folder)
        before = world.measure(5, world.embedded_refuses_at_once)
        assert metric(world.embedded, "rescind_feed_staleness_seconds") < 3
        for what, down, back in (("stopped", world.redis.process.freeze, world.redis.process.go_on),
                                 ("killed", lambda: world.redis.process.kill(), world.redis.start)):
            seen = {"stale": False, "embedded": 0.0}

            def watch():
                world.embedded_refuses_at_once()
                seen["embedded"] = max(seen["embedded"],
                                       metric(world.embedded, "rescind_feed_staleness_seconds"))
                good = world.authority.login()["access_token"]
                seen["stale"] |= world.over_redis.check(good).status == 503

            down()
            during = world.measure(seconds, watch)
            back()
            lag, drained = world.drain()
            world.over_redis_has_all()
            assert seen["stale"] or seconds < 5, "the follower over Redis never said that it was stale"
            assert seen["embedded"] < 3, f"the embedded follower was {seen['embedded']} s stale"
            report(f"broker {what}", seconds=seconds, revoke_before=milliseconds(before),
                   revoke_during=milliseconds(during), batches_behind=int(lag),
                   drained_in=f"{drained:.2f} s ({lag / max(drained, 1e-3):.0f} batches/s)",
                   revoked_and_refused=len(world.revoked))
        print("broker_down: held")
    finally:
        folder.close()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
