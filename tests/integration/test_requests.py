"""Services that revoke without reaching the authority: signed requests on a broker."""

import glob
import json
import os
import shutil
import subprocess
import unittest

from kafka_server import Kafka
from processes import RESCIND, Authority, Folder, request, until
from test_brokers import Nats, RabbitMq, Redis


class SignedRequests:
    """The stories that are the same over every broker; BROKER makes one."""

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.broker = self.folder.keep(self.BROKER(self.folder.path))
        self.broker.start()
        self.authority = self.folder.keep(Authority(
            self.folder.path / "authority", feed={"requests": [self.broker.url()]}))
        config = json.loads(self.authority.config.read_text())
        config["clients"] += [
            {"id": "service", "secret": "not used here", "roles": "revoke",
             "request_key": self.key("service.pem")},
            {"id": "weak", "secret": "not used here", "roles": "introspect",
             "request_key": self.key("weak.pem")}]
        self.authority.config.write_text(json.dumps(config))
        self.authority.start()
        self.authority.add_user()

    def run_cli(self, *arguments, client="service"):
        return subprocess.run([RESCIND, *arguments], capture_output=True, text=True, timeout=20,
                              env={**os.environ, "RESCIND_CLIENT_ID": client}, check=False)

    def key(self, name):
        made = self.run_cli("request-key", str(self.folder.path / name))
        self.assertEqual(made.returncode, 0, made)
        return made.stdout.strip()

    def sign(self, *what, key="service.pem", client="service"):
        made = self.run_cli("revoke", *what, "--request-key", str(self.folder.path / key),
                            "--audience", self.authority.issuer, client=client)
        self.assertEqual(made.returncode, 0, made)
        return made.stdout.strip()

    def put(self, text):
        self.broker.put_request(text)

    def count(self, result):
        wanted = f'rescind_requests_total{{result="{result}"}} '
        for line in request(self.authority.admin_port, "GET", "/metrics").body.decode().splitlines():
            if line.startswith(wanted):
                return int(float(line.split()[1]))
        return 0

    def comes_to(self, result, count):
        until(lambda: self.count(result) == count, f"{count} {result}")

    def active(self, pair):
        return self.authority.introspect(pair["access_token"]).json()["active"]

    def test_a_request_is_committed_once_and_nothing_else_changes_anything(self):
        doomed, bystander = self.authority.login(), self.authority.login()
        good = self.sign("session", doomed["session_id"])
        self.put(good)
        self.comes_to("committed", 1)
        self.assertFalse(self.active(doomed))
        self.put(good + "\n")  # as from a shell's pipe
        self.comes_to("replayed", 1)
        head = self.authority.as_admin("GET", "/v1/followers").json()["head"]
        self.put(self.sign("session", bystander["session_id"], key="weak.pem"))
        self.put(self.sign("session", bystander["session_id"], key="weak.pem", client="weak"))
        self.put("no request at all")
        self.put(good[:-4] + "AAAA")
        self.comes_to("refused", 4)
        self.put("x" * 70000)
        metrics = lambda: request(self.authority.admin_port, "GET", "/metrics").body.decode()
        until(lambda: "rescind_requests_oversized_total" in metrics() and [
            line for line in metrics().splitlines()
            if line.startswith("rescind_requests_oversized_total") and line.endswith(" 1")],
            "one was too large")
        self.assertTrue(self.active(bystander))
        self.assertEqual(self.authority.as_admin("GET", "/v1/followers").json()["head"], head)

    def test_it_goes_on_where_it_was_after_a_restart_of_either(self):
        first, second, third = (self.authority.login() for _ in range(3))
        self.put(self.sign("session", first["session_id"]))
        self.comes_to("committed", 1)
        self.authority.process.kill()
        self.put(self.sign("session", second["session_id"]))
        self.authority.start()
        until(lambda: not self.active(second), "what came meanwhile is committed")
        self.comes_to("committed", 1)
        self.assertLessEqual(self.count("replayed"), 1, "killed before it had ticked the first one off")
        self.broker.end()
        self.broker.start()
        self.put(self.sign("session", third["session_id"]))
        until(lambda: not self.active(third), "after the broker was away")
        self.comes_to("committed", 2)

    def test_the_doctor_finds_the_topic_fit(self):
        looked = self.run_cli("doctor", "--config", str(self.authority.config), "-o", "json", "--timeout", "20s")
        checks = {check["what"]: check for check in json.loads(looked.stdout)["checks"]}
        self.assertTrue(checks["requests at " + self.broker.url()]["ok"], looked)


@unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
class RequestsOverRedis(SignedRequests, unittest.TestCase):
    BROKER = Redis


@unittest.skipUnless(shutil.which("nats-server"), "nats-server is not installed")
class RequestsOverNats(SignedRequests, unittest.TestCase):
    BROKER = Nats


@unittest.skipUnless(glob.glob("/usr/lib/rabbitmq/lib/rabbitmq_server-*"), "rabbitmq-server is not installed")
class RequestsOverRabbitMq(SignedRequests, unittest.TestCase):
    BROKER = RabbitMq


@unittest.skipUnless(Kafka.is_here(), Kafka.MISSING)
class RequestsOverKafka(SignedRequests, unittest.TestCase):
    BROKER = Kafka


if __name__ == "__main__":
    unittest.main()
