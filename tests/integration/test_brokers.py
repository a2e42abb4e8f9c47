"""The feed over a broker, with real processes: authority, broker, a follower whose way to the authority
can be cut."""

import contextlib
import glob
import json
import pathlib
import shutil
import socket
import struct
import subprocess
import threading
import unittest

from kafka_server import Kafka
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
                try:
                    far = socket.create_connection(("127.0.0.1", self.to))
                except OSError:  # nobody listens there now
                    near.close()
                    continue
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

    def put_request(self, text):
        """As a service would."""
        added = subprocess.run(
            ["redis-cli", "-p", str(self.port), "-x", "XADD", "rescind.default.requests", "*", "jws"],
            input=text, capture_output=True, text=True, timeout=20, check=True)
        assert "-" in added.stdout, added

    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def end(self):
        self.process.kill()


class Nats:
    def __init__(self, folder):
        self.folder = folder / "nats"
        self.folder.mkdir()
        self.port = free_port()
        self.process = None

    def start(self):
        is_new = self.process is None
        self.process = Process(
            ["nats-server", "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self.folder)],
            self.folder / "nats.log")
        until(self.serves, "NATS serves")
        if is_new:
            self.create("rescind_default", "rescind.default")
            self.create("rescind_default_snapshot", "rescind.default.snapshot.*")
            self.create("rescind_default_requests", "rescind.default.requests")
        return self

    def serves(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                return connection.recv(4) == b"INFO"
        except OSError:
            return False

    def create(self, stream, subject):
        """As an operator would by `nats stream add`, which Debian does not have."""
        settings = json.dumps({"name": stream, "subjects": [subject], "retention": "limits", "storage": "file",
                               "discard": "old", "max_age": 7200 * 10**9, "num_replicas": 1})
        self.ask("$JS.API.STREAM.CREATE." + stream, settings, b'"created"')

    def ask(self, subject, text, expected):
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(b'CONNECT {"verbose":false}\r\nSUB answer 1\r\n')
            connection.sendall(b"PUB %s answer %d\r\n%s\r\n" % (subject.encode(), len(text), text.encode()))
            answer = b""
            while expected not in answer:
                more = connection.recv(65536)
                assert more and b'"error"' not in answer + more, answer + more
                answer += more

    def put_request(self, text):
        self.ask("rescind.default.requests", text, b'"seq"')

    def url(self):
        return f"nats://127.0.0.1:{self.port}"

    def end(self):
        self.process.kill()


class RabbitMq:
    """A real node, by the script that users have, too. It takes its time to start."""

    SCRIPT = pathlib.Path(__file__).parents[2] / "tools" / "rabbitmq.sh"
    START_WITHIN = 180.0

    def __init__(self, folder):
        self.folder = folder / "rabbitmq"
        self.folder.mkdir()
        self.port = free_port()
        self.process = None

    def start(self):
        is_new = self.process is None
        self.process = Process(
            [str(self.SCRIPT), "run", str(self.folder), str(self.port)], self.folder / "output")
        until(self.serves, "RabbitMQ serves", self.START_WITHIN)
        if is_new:
            self.declare("rescind.default")
            self.declare("rescind.default.snapshot")
            self.declare("rescind.default.requests")
        return self

    def serves(self):
        try:
            with self.connect() as connection:
                return self.frame(connection)[:4] == bytes((0, 10, 0, 10))  # connection.start
        except OSError:
            return False

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        connection.sendall(b"AMQP\0\0\x09\x01")
        return connection

    @staticmethod
    def exactly(connection, size):
        data = b""
        while len(data) < size:
            more = connection.recv(size - len(data))
            if not more:
                raise OSError("closed")
            data += more
        return data

    def frame(self, connection):
        kind, _, size = struct.unpack(">BHI", self.exactly(connection, 7))
        payload = self.exactly(connection, size + 1)[:-1]
        return payload if kind == 1 else self.frame(connection)

    def ask(self, connection, channel, method, arguments, answer):
        """One method and the one that answers it (AMQP 0-9-1, 2.3.5)."""
        payload = struct.pack(">HH", *method) + arguments
        connection.sendall(struct.pack(">BHI", 1, channel, len(payload)) + payload + b"\xce")
        got = self.frame(connection) if answer else None
        assert not answer or struct.unpack(">HH", got[:4]) == answer, got

    def declare(self, queue):
        """A durable stream, as an operator would by `rabbitmqadmin`, which wants a plugin."""
        table = b"".join(self.short(name) + b"S" + self.long(value.encode())
                         for name, value in (("x-queue-type", "stream"), ("x-max-age", "2h")))
        with self.channel() as connection:
            durable = b"\x02"
            self.ask(connection, 1, (50, 10), b"\0\0" + self.short(queue) + durable + self.long(table),
                     (50, 11))  # queue.declare

    def put_request(self, text):
        until(lambda: self.publish("rescind.default.requests", text.encode()), "RabbitMQ takes it")

    def publish(self, queue, body):
        """Mandatory: a node that has just started confirms what it can route nowhere, and throws it away."""
        with self.channel() as connection:
            self.ask(connection, 1, (85, 10), b"\0", (85, 11))  # confirm.select
            mandatory = b"\x01"
            self.ask(connection, 1, (60, 40), b"\0\0" + self.short("") + self.short(queue) + mandatory,
                     None)  # basic.publish
            header = struct.pack(">HHQH", 60, 0, len(body), 0)
            for kind, payload in ((2, header), (3, body)):
                connection.sendall(struct.pack(">BHI", kind, 1, len(payload)) + payload + b"\xce")
            return self.frame(connection)[:4] == bytes((0, 60, 0, 80))  # basic.ack, or basic.return

    @staticmethod
    def short(text):
        return bytes((len(text),)) + text.encode()

    @staticmethod
    def long(data):
        return struct.pack(">I", len(data)) + data

    @contextlib.contextmanager
    def channel(self):
        with self.connect() as connection:
            self.frame(connection)  # connection.start
            self.ask(connection, 0, (10, 11), self.long(b"") + self.short("PLAIN")
                     + self.long(b"\0guest\0guest") + self.short("en_US"), (10, 30))  # start-ok, tune
            self.ask(connection, 0, (10, 31), struct.pack(">HIH", 1, 131072, 0), None)  # tune-ok
            self.ask(connection, 0, (10, 40), self.short("/") + self.short("") + b"\0", (10, 41))  # open
            self.ask(connection, 1, (20, 10), self.short(""), (20, 11))  # channel.open
            yield connection

    def url(self):
        return f"amqp://127.0.0.1:{self.port}"

    def end(self):
        # Killed soon after its first stream, a node of 3.10 may forget where that is.
        self.process.stop()


def metric(process, name):
    for line in request(process.admin_port, "GET", "/metrics").body.decode().splitlines():
        if line.startswith(name):
            return float(line.rsplit(" ", 1)[1])
    raise AssertionError(f"no metric {name}")


class OverBroker:
    """The stories that are the same over every broker; BROKER makes one."""

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.broker = self.folder.keep(self.BROKER(self.folder.path))
        self.broker.start()
        url = self.broker.url()
        # On a slow machine too what comes back comes before it is given up.
        self.authority = self.folder.keep(Authority(
            self.folder.path / "authority", authority={"take_back_within": "8s"},
            feed={"transports": [url]}).start())
        self.way = Forwarder(self.authority.port)
        self.addCleanup(self.way.close)
        self.authz = self.folder.keep(Authz(
            self.folder.path / "authz", self.authority, feed_port=self.way.port,
            feed={"roads": [url], "url": f"http://127.0.0.1:{self.way.port}/v1/feed"}).start())
        self.authority.add_user()

    def status(self, token):
        return request(self.authz.port, "GET", "/authz/forward-auth", headers=bearer(token)).status

    def wait_for_broker(self):
        until(lambda: metric(self.authority, "rescind_publisher_up") == 1
              and metric(self.authority, "rescind_publisher_lag_batches") == 0, "all is on the broker")

    def test_the_broker_carries_it_where_the_way_to_the_authority_is_cut(self):
        pair = self.authority.login()
        self.assertEqual(self.status(pair["access_token"]), 200)
        self.wait_for_broker()
        self.way.cut()
        self.authority.revoke("sub", self.authority.introspect(pair["access_token"]).json()["sub"],
                              reason="revoked")
        until(lambda: self.status(pair["access_token"]) == 401, "refused by what the broker carried")
        # And its heartbeats keep the follower fresh: what is signed in later is accepted.
        later = self.authority.login()
        until(lambda: self.status(later["access_token"]) == 200, "fresh over the broker alone")

    def test_a_broker_that_is_down_slows_nobody_and_is_caught_up(self):
        self.wait_for_broker()
        self.broker.end()
        for _ in range(20):
            pair = self.authority.login()
            self.authority.revoke("sid", self.authority.introspect(pair["access_token"]).json()["sid"])
            until(lambda: self.status(pair["access_token"]) == 401, "refused over the embedded road")
        until(lambda: metric(self.authority, "rescind_publisher_lag_batches") > 0, "a lag is shown")
        self.broker.start()
        self.wait_for_broker()
        self.way.cut()
        pair = self.authority.login()
        self.authority.revoke("sid", self.authority.introspect(pair["access_token"]).json()["sid"])
        until(lambda: self.status(pair["access_token"]) == 401, "refused over the broker again")

    def test_what_a_restored_backup_lacks_is_taken_back_from_the_broker(self):
        doomed, bystander = self.authority.login(), self.authority.login()
        self.authority.process.stop()
        backup = self.authority.backup()
        self.authority.start()
        self.authority.revoke("sid", doomed["session_id"], wait=10)
        self.wait_for_broker()
        self.authority.process.kill()
        self.authority.restore(backup)
        self.authority.start()
        until(lambda: "history lost" in self.authority.log(), "the follower has proven the loss", 90)
        until(lambda: self.status(bystander["access_token"]) == 200,
              lambda: "nothing had to be cut:\n" + self.authority.log() + self.authz.log(), 90)
        self.assertEqual(self.status(doomed["access_token"]), 401)
        self.assertEqual(self.authority.refresh(doomed["refresh_token"]).status, 401)
        self.assertEqual(self.authority.refresh(bystander["refresh_token"]).status, 200)


@unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
class OverRedis(OverBroker, unittest.TestCase):
    BROKER = Redis


@unittest.skipUnless(shutil.which("nats-server"), "nats-server is not installed")
class OverNats(OverBroker, unittest.TestCase):
    BROKER = Nats


@unittest.skipUnless(glob.glob("/usr/lib/rabbitmq/lib/rabbitmq_server-*"), "rabbitmq-server is not installed")
class OverRabbitMq(OverBroker, unittest.TestCase):
    BROKER = RabbitMq


@unittest.skipUnless(Kafka.is_here(), Kafka.MISSING)
class OverKafka(OverBroker, unittest.TestCase):
    BROKER = Kafka


if __name__ == "__main__":
    unittest.main()
