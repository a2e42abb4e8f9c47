"""`rescind agent` with several feeds: an index for each, and nothing of one in the other."""

import json
import pathlib
import subprocess
import unittest

from processes import RESCIND, Authority, Authz, Folder, Process, free_port, ready, request, until
from test_agent import MAX_STALENESS_MS, SHARED_MEMORY, Readers
from test_tree import basic_of

BELOW = "a secret for those below"


class FeedsAgent:
    """`rescind agent` that follows each of `authorities` (name → Authority) and serves it on."""

    def __init__(self, folder, authorities, name="agent"):
        self.folder = pathlib.Path(folder)
        self.name = name
        self.admin_port = free_port()
        self.ports = {feed: free_port() for feed in authorities}
        self.config = self.folder / f"{name}.yaml"
        self.process = None
        self.settings = {
            "version": 1,
            "listen": {"admin": f"127.0.0.1:{self.admin_port}"},
            "feeds": [self.feed(*one) for one in authorities.items()],
        }
        self.write()

    def feed(self, feed, authority):
        return {
            "name": feed,
            "index": str(self.index(feed)),
            "issuer": {"url": authority.issuer},
            "feed": {"url": f"{authority.issuer}/v1/feed", "heartbeat": "200ms"},
            "follower": {
                "name": f"{self.name}-{feed}",
                "client_id": "follower",
                "client_secret": "follower-secret-for-tests",
                "checkpoint": str(self.checkpoint(feed)),
            },
            "serve": {
                "listen": f"127.0.0.1:{self.ports[feed]}",
                "clients": [{"id": f"below-{feed}", "secret": BELOW}],
            },
            "revocation": {"max_staleness": f"{MAX_STALENESS_MS}ms"},
        }

    def write(self):
        self.config.write_text(json.dumps(self.settings, indent=1))

    def index(self, feed):
        return pathlib.Path(SHARED_MEMORY) / f"{self.folder.name}-{self.name}-{feed}.index"

    def checkpoint(self, feed):
        return self.folder / f"{self.name}-{feed}.checkpoint"

    def start(self, wait=True):
        self.process = Process([RESCIND, "agent", "--config", str(self.config)],
                               self.folder / f"{self.name}.log")
        if wait:
            until(lambda: ready(self.admin_port) or not self.process.running(), "the agent ready")
            if not self.process.running():
                raise AssertionError("the agent ended:\n" + self.log())
        return self

    def stop(self):
        if self.process:
            self.process.stop()
        for feed in self.ports:
            for path in (self.index(feed), pathlib.Path(f"{self.index(feed)}.lock")):
                path.unlink(missing_ok=True)

    def running(self):
        return self.process is not None and self.process.running()

    def go_on(self):
        self.process.go_on()

    def conditions(self):
        health = request(self.admin_port, "GET", "/healthz/ready").json()
        return {one["name"]: one["holds"] for one in health["conditions"]}

    def samples(self):
        """Each series with its value; fails where one stands there twice."""
        samples = {}
        for line in request(self.admin_port, "GET", "/metrics").body.decode().splitlines():
            if not line.startswith("#"):
                series, value = line.rsplit(" ", 1)
                assert series not in samples, series
                samples[series] = float(value)
        return samples

    def metric(self, name, feed):
        return self.samples()[f'{name}{{feed="{feed}"}}']

    def log(self):
        return (self.folder / f"{self.name}.log").read_text(errors="replace")


class SeveralFeeds(Readers, unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.eu = self.authority("eu")
        # It may revoke tokens of the other one, says its own configuration; the agent's says no.
        self.us = self.authority("us", trusted_issuers=[{"url": self.eu.issuer}])
        self.agent = self.agent_of({"eu": self.eu, "us": self.us}).start()

    def authority(self, name, **settings):
        made = self.folder.keep(Authority(
            self.folder.path / name, feed={"heartbeat": "200ms"}, **settings)).start()
        made.add_user()
        return made

    def agent_of(self, authorities, name="agent"):
        made = FeedsAgent(self.folder.path, authorities, name)
        self.addCleanup(made.stop)
        return made

    def reader(self, feed, authority):
        opened = self.rescind.open({
            "index": str(self.agent.index(feed)),
            "issuers": [{"issuer": authority.issuer, "audiences": ["orders"]}],
            "max_staleness_ms": MAX_STALENESS_MS})
        self.addCleanup(opened.close)
        return opened

    def readers(self):
        return self.reader("eu", self.eu), self.reader("us", self.us)

    def reader_of_both(self):
        opened = self.rescind.open({
            "issuers": [{"issuer": authority.issuer, "audiences": ["orders"],
                         "index": str(self.agent.index(feed))}
                        for feed, authority in (("eu", self.eu), ("us", self.us))],
            "max_staleness_ms": MAX_STALENESS_MS})
        self.addCleanup(opened.close)
        return opened

    @staticmethod
    def login(authority):
        token = authority.login()["access_token"]
        told = json.loads(authority.introspect(token).body)
        return token, told["sid"], told["jti"]

    def test_a_feed_revokes_its_own_issuers_tokens_and_no_others(self):
        eu, us = self.readers()
        token, session, token_id = self.login(self.eu)
        other, other_session, _ = self.login(self.us)
        self.assertEqual(self.verdict(eu, token), "accepted")
        self.assertEqual(self.verdict(us, other), "accepted")
        for claim, value in (("jti", token_id), ("iss", self.eu.issuer)):
            answer = self.us.revoke(claim, value, issuer=self.eu.issuer, wait=10)
            self.assertTrue(answer["propagation"]["complete"], answer)
        self.assertEqual(self.agent.metric("rescind_index_entries", "us"), 2)
        self.assertEqual(self.agent.metric("rescind_index_entries", "eu"), 0)
        self.assertEqual(self.verdict(eu, token), "accepted", "it is not theirs to revoke")
        self.assertEqual(self.verdict(us, token), "issuer")
        self.eu.revoke("sid", session, wait=10)
        self.assertEqual(self.verdict(eu, token), "revoked")
        self.assertEqual(self.verdict(us, other), "accepted")
        self.us.revoke("sid", other_session, wait=10)
        self.assertEqual(self.verdict(us, other), "revoked")

    def test_one_reader_asks_for_each_token_the_index_of_its_issuer(self):
        reader = self.reader_of_both()
        token, session, token_id = self.login(self.eu)
        another, _, _ = self.login(self.eu)
        other, other_session, _ = self.login(self.us)
        self.us.revoke("jti", token_id, issuer=self.eu.issuer, wait=10)
        self.assertEqual(self.verdict(reader, token), "accepted", "it is not theirs to revoke")
        self.eu.revoke("sid", session, wait=10)
        self.assertEqual(self.verdict(reader, token), "revoked")
        self.assertEqual(self.verdict(reader, other), "accepted")
        self.eu.process.kill()
        self.comes_to("stale", reader, another)
        self.assertEqual(self.verdict(reader, other), "accepted")
        self.us.revoke("sid", other_session, wait=10)
        self.assertEqual(self.verdict(reader, other), "revoked")

    def test_a_feed_that_is_cut_grows_stale_and_the_other_stays_fresh(self):
        eu, us = self.readers()
        token, _, _ = self.login(self.eu)
        other, _, _ = self.login(self.us)
        gone, gone_session, _ = self.login(self.eu)
        self.eu.revoke("sid", gone_session, wait=10)
        self.eu.process.kill()
        self.comes_to("stale", eu, token)
        until(lambda: not self.agent.conditions()["feed:eu"], "it is told which one")
        self.assertEqual(self.verdict(us, other), "accepted")
        self.assertTrue(self.agent.conditions()["feed:us"])
        self.assertFalse(ready(self.agent.admin_port))
        # A start without it takes nothing from anybody: what is known, and the other feed.
        self.agent.process.kill()
        self.agent.start(wait=False)
        until(lambda: ready_feed(self.agent, "us"), "the other one is ready")
        self.comes_to("accepted", us, other)
        self.assertEqual(self.verdict(eu, token), "stale")
        self.assertEqual(self.verdict(eu, gone), "revoked")
        self.assertIn("feed=eu", self.agent.log())
        self.us.revoke("sid", self.login(self.us)[1], wait=10)
        self.eu.start()
        self.comes_to("accepted", eu, token)
        until(lambda: ready(self.agent.admin_port), "both are")

    def test_each_has_a_checkpoint_and_an_index_that_the_next_agent_takes_over(self):
        eu, us = self.readers()
        token, session, _ = self.login(self.eu)
        other, other_session, _ = self.login(self.us)
        self.eu.revoke("sid", session, wait=10)
        self.assertEqual(self.agent.process.stop(), 0)
        for feed in ("eu", "us"):
            self.assertTrue(self.agent.checkpoint(feed).exists())
        self.us.revoke("sid", other_session)
        self.agent.start()
        self.comes_to("revoked", us, other)
        self.assertEqual(self.verdict(eu, token), "revoked")
        self.assertEqual(self.agent.metric("rescind_index_entries", "eu"), 1)
        self.assertEqual(self.agent.metric("rescind_index_entries", "us"), 1)

    def test_each_is_served_on_to_its_own_clients(self):
        for feed, authority in (("eu", self.eu), ("us", self.us)):
            below = self.folder.keep(Authz(
                self.folder.path, authority, f"below-{feed}", feed_port=self.agent.ports[feed],
                issuer={"jwks_url": f"{authority.issuer}/.well-known/jwks.json"},
                follower={"client_id": f"below-{feed}", "client_secret": BELOW},
                feed={"heartbeat": "200ms"})).start()
            token, session, _ = self.login(authority)
            self.assertEqual(below.check(token).status, 200)
            authority.revoke("sid", session, wait=10)
            self.assertEqual(below.check(token).status, 401)
        for feed, client, status in (("eu", "below-eu", 200), ("us", "below-us", 200),
                                     ("eu", "below-us", 401), ("us", "below-eu", 401)):
            answer = request(self.agent.ports[feed], "GET", "/v1/feed?wait=0s", headers={
                "Accept": "application/json", **basic_of(client, BELOW)})
            self.assertEqual(answer.status, status, (feed, client))
        self.assertEqual(self.agent.process.stop(), 0, "an orderly end with both listeners")

    def test_metrics_and_health_tell_them_apart(self):
        samples = self.agent.samples()
        for feed, authority in (("eu", self.eu), ("us", self.us)):
            for name in ("rescind_index_entries", "rescind_index_published",
                         "rescind_feed_staleness_seconds", "rescind_served_batches"):
                self.assertIn(f'{name}{{feed="{feed}"}}', samples)
            keys = f'rescind_issuer_keys{{feed="{feed}",issuer="{authority.issuer}"}}'
            self.assertGreater(samples[keys], 0)
        self.assertEqual(self.agent.conditions(), {
            f"{what}:{feed}": True for what in ("feed", "index", "keys") for feed in ("eu", "us")})

    def test_one_that_cannot_start_is_named_and_nothing_is_replaced(self):
        second = self.agent_of({"eu": self.eu, "us": self.us}, "second")
        second.settings["feeds"][1]["index"] = str(self.agent.index("us"))
        second.write()
        second.start(wait=False)
        until(lambda: not second.process.running(), "the second agent ends")
        self.assertEqual(second.process.child.returncode, 6, "a conflict")
        self.assertIn("feed 'us': another agent writes the index", second.log())
        self.assertFalse(second.index("eu").exists(), "the first feed's index was not published")
        self.assertTrue(ready(self.agent.admin_port))

    def test_the_commands_understand_both_forms(self):
        def run(*words):
            return subprocess.run([RESCIND, *words], capture_output=True, text=True, timeout=60)
        config = ["--config", str(self.agent.config)]
        self.assertEqual(run("agent", "--check", *config).returncode, 0, "beside one that runs")
        self.assertEqual(run("config", "check", "--role", "agent", *config).returncode, 0)
        shown = run("config", "show", "--role", "agent", *config).stdout
        self.assertIn("feeds[1].issuer.url", shown)
        self.assertNotIn(BELOW, shown)
        schema = json.loads(run("config", "schema", "--role", "agent").stdout)
        self.assertEqual(schema["properties"]["feeds"]["items"]["required"], ["name", "index"])
        doctor = run("doctor", "--role", "agent", "-o", "json", *config)
        checks = {one["what"]: one["ok"] for one in json.loads(doctor.stdout)["checks"]}
        self.assertEqual(doctor.returncode, 0, doctor.stdout)
        for feed in ("eu", "us"):
            for what in ("keys of the feed", "keys of the issuer", "index"):
                self.assertTrue(checks[f"feed '{feed}': {what}"])

        self.agent.settings["feeds"][1]["issuer"]["url"] = self.eu.issuer
        self.agent.write()
        checked = run("agent", "--check", *config)
        self.assertEqual(checked.returncode, 3, checked.stderr)
        self.assertIn(f"feeds 'eu' and 'us' both have the issuer {self.eu.issuer}", checked.stderr)
        self.agent.settings["feeds"][1]["issuer"]["url"] = "https://nobody.example"
        self.agent.settings["feeds"][1]["feed"]["ca_file"] = "/no/such.pem"
        self.agent.write()
        checked = run("agent", "--check", *config)
        self.assertNotEqual(checked.returncode, 0)
        self.assertIn("feed 'us': cannot read /no/such.pem", checked.stderr)


def ready_feed(agent, feed):
    try:
        return all(holds for name, holds in agent.conditions().items() if name.endswith(":" + feed))
    except OSError:
        return False


if __name__ == "__main__":
    unittest.main()
