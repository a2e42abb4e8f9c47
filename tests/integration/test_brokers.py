"""The feed over a broker, with real processes: authority, Redis, a follower whose way to the authority
can be cut."""

import contextlib
import shutil
import socket
import threading
import unittest

from processes import Authority, Authz, Folder, Process, bearer, free_port, request, until


class Forwarder:
    """A TCP port in front of another one; cut() ends what is open and takes nothing new."""

    def __init__(self, to):
        self.to = to
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open = []
        self.whole = True
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                if not self.whole:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self.to))
                self.open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self.copy, args=(source, sink), daemon=True).start()

    @staticmethod
    def copy(source, sink):
        with contextlib.suppress(OSError), source:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def cut(self):
        self.whole = False
        for end in self.open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.open.clear()

    def mend(self):
        self.whole = True

    def close(self):
        self.cut()
        self.listener.close()


class Redis:
    def __init__(self, folder):
        self.folder = folder / "redis"
        self.folder.mkdir()
        self.port = free_port()
        self.process = None

    def start(self):
        self.process = Process(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "yes", "--dir", str(self.folder)], self.folder / "redis.log")
        until(self.serves, "redis serves")
        return self

    def serves(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def metric(process, name):
    for line in request(process.admin_port, "GET", "/metrics").body.decode().splitlines():
        if line.startswith(name):
            return float(line.rsplit(" ", 1)[1])
    raise AssertionError(f"no metric {name}")


@unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
class OverRedis(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.redis = self.folder.keep(Redis(self.folder.path).start())
        url = f"redis://127.0.0.1:{self.redis.port}"
        self.authority = self.folder.keep(
            Authority(self.folder.path / "authority", feed={"transports": [url]}).start())
        self.way = Forwarder(self.authority.port)
        self.addCleanup(self.way.close)
        self.authz = self.folder.keep(Authz(
            self.folder.path / "authz", self.authority, feed_port=self.way.port,
            feed={"roads": [url], "url": f"http://127.0.0.1:{self.way.port}/v1/feed"}).start())
        self.authority.add_user()

    def status(self, token):
        return request(self.authz.port, "GET", "/authz/forward-auth", headers=bearer(token)).status

    def wait_for_redis(self):
        until(lambda: metric(self.authority, "rescind_publisher_up") == 1
              and metric(self.authority, "rescind_publisher_lag_batches") == 0, "all is on Redis")

    def test_the_broker_carries_it_where_the_way_to_the_authority_is_cut(self):
        pair = self.authority.login()
        self.assertEqual(self.status(pair["access_token"]), 200)
        self.wait_for_redis()
        self.way.cut()
        self.authority.revoke("sub", self.authority.introspect(pair["access_token"]).json()["sub"],
                              reason="revoked")
        until(lambda: self.status(pair["access_token"]) == 401, "refused by what Redis carried")
        # And its heartbeats keep the follower fresh: what is signed in later is accepted.
        later = self.authority.login()
        until(lambda: self.status(later["access_token"]) == 200, "fresh over Redis alone")

    def test_a_broker_that_is_down_slows_nobody_and_is_caught_up(self):
        self.wait_for_redis()
        self.redis.process.kill()
        for _ in range(20):
            pair = self.authority.login()
            self.authority.revoke("sid", self.authority.introspect(pair["access_token"]).json()["sid"])
            until(lambda: self.status(pair["access_token"]) == 401, "refused over the embedded road")
        until(lambda: metric(self.authority, "rescind_publisher_lag_batches") > 0, "a lag is shown")
        self.redis.start()
        self.wait_for_redis()
        self.way.cut()
        pair = self.authority.login()
        self.authority.revoke("sid", self.authority.introspect(pair["access_token"]).json()["sid"])
        until(lambda: self.status(pair["access_token"]) == 401, "refused over Redis again")


if __name__ == "__main__":
    unittest.main()
