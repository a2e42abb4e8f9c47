"""The example services, each with an agent's index and with a feed of its own, on a real authority."""

import json
import os
import unittest

from processes import RESCIND, Authority, Folder, Process, bearer, free_port, ready, request, until

SERVICES = os.environ["RESCIND_EXAMPLES"].split(":")


class Service(Process):
    def __init__(self, folder, program, config):
        self.name = os.path.basename(program)
        self.port = free_port()
        path = folder / f"{self.name}-{self.port}.json"
        path.write_text(json.dumps(config))
        super().__init__([program, str(path), str(self.port)], folder / f"{self.name}-{self.port}.log")
        until(self.answers, f"{self.name} answers")

    def answers(self):
        try:
            return self.ask() is not None
        except OSError:
            if not self.running():
                raise AssertionError(self.log.read_text()) from None
            return False

    def ask(self, token=None):
        answer = request(self.port, "GET", "/", headers=bearer(token) if token else None)
        return answer.status, answer.body.decode().strip()


class Examples(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.authority = self.folder.keep(Authority(self.folder.path)).start()
        self.user = self.authority.add_user()

    def start(self, **knowledge):
        config = {**knowledge, "issuers": [{"issuer": self.authority.issuer, "audiences": ["orders"]}]}
        services = []
        for program in SERVICES:
            services.append(Service(self.folder.path, program, config))
            self.addCleanup(services[-1].kill)
        return services

    def story(self, services):
        pair, other = self.authority.login(), self.authority.login()
        for service in services:
            until(lambda: service.ask(pair["access_token"]) == (200, f"hello {self.user}"),
                  f"{service.name} accepts")
            self.assertEqual(service.ask("nonsense"), (401, "malformed"))
            self.assertEqual(service.ask()[0], 401)
        self.authority.revoke("sid", pair["session_id"])
        for service in services:
            until(lambda: service.ask(pair["access_token"]) == (401, "revoked"),
                  f"{service.name} refuses")
            self.assertEqual(service.ask(other["access_token"]), (200, f"hello {self.user}"))

    def start_agent(self):
        """The agent of this host; returns the path of its index."""
        admin, index = free_port(), self.folder.path / "rescind.index"
        config = self.folder.path / "agent.yaml"
        config.write_text(json.dumps({
            "version": 1, "listen": {"admin": f"127.0.0.1:{admin}"}, "agent": {"index": str(index)},
            "issuer": {"url": self.authority.issuer},
            "feed": {"url": f"{self.authority.issuer}/v1/feed"},
            "follower": {"client_id": "follower", "client_secret": "follower-secret-for-tests"}}))
        agent = self.folder.keep(
            Process([RESCIND, "agent", "--config", str(config)], self.folder.path / "agent.log"))
        until(lambda: ready(admin) or not agent.running(), "the agent is ready")
        self.assertTrue(agent.running(), agent.log.read_text())
        return str(index)

    def test_with_the_index_of_an_agent(self):
        self.story(self.start(index=self.start_agent()))

    def test_with_a_feed_of_their_own(self):
        self.story(self.start(feed={
            "url": f"{self.authority.issuer}/v1/feed", "client_id": "follower",
            "client_secret": "follower-secret-for-tests"}))

    def test_cannot_decide_where_there_is_nothing(self):
        token = self.authority.login()["access_token"]
        for service in self.start(index=str(self.folder.path / "nothing.index")):
            self.assertEqual(service.ask(token), (503, "stale"))


if __name__ == "__main__":
    unittest.main()
