"""A tree of agents: authority, an agent, an agent below it, and below that who decides."""

import json
import pathlib
import subprocess
import unittest

from processes import RESCIND, Authority, Authz, Folder, Process, basic, free_port, ready, request, until

MAX_STALENESS_MS = 2000
BELOW = "a secret for those below"


class TreeAgent:
    """`rescind agent` that serves the feed on; may be killed and started again."""

    def __init__(self, folder, authority, upstream_port, name, **settings):
        self.folder = pathlib.Path(folder)
        self.name = name
        self.port = free_port()
        self.admin_port = free_port()
        self.index = pathlib.Path("/dev/shm") / f"{self.folder.name}-{name}.index"
        self.config = self.folder / f"{name}.yaml"
        self.process = None
        of_authority = upstream_port == authority.port
        config = {
            "version": 1,
            "listen": {"admin": f"127.0.0.1:{self.admin_port}"},
            "agent": {"index": str(self.index)},
            "serve": {
                "listen": f"127.0.0.1:{self.port}",
                "clients": [{"id": "below", "secret": BELOW}],
            },
            "issuer": {
                "url": authority.issuer,
                "jwks_url": f"{authority.issuer}/.well-known/jwks.json",
            },
            "feed": {"url": f"http://127.0.0.1:{upstream_port}/v1/feed", "heartbeat": "200ms"},
            "follower": {
                "name": name,
                "client_id": "follower" if of_authority else "below",
                "client_secret": "follower-secret-for-tests" if of_authority else BELOW,
            },
            "revocation": {"max_staleness": f"{MAX_STALENESS_MS}ms"},
        }
        for section, values in settings.items():
            config.setdefault(section, {}).update(values)
        self.config.write_text(json.dumps(config, indent=1))

    def start(self, wait=True):
        self.process = Process([RESCIND, "agent", "--config", str(self.config)],
                               self.folder / f"{self.name}.log")
        if wait:
            until(lambda: ready(self.admin_port) or not self.process.running(), f"{self.name} ready")
            if not self.process.running():
                raise AssertionError("the agent ended:\n" + self.log())
        return self

    def stop(self):
        if self.process:
            self.process.stop()
        for path in (self.index, pathlib.Path(f"{self.index}.lock")):
            path.unlink(missing_ok=True)

    def running(self):
        return self.process is not None and self.process.running()

    def go_on(self):
        self.process.go_on()

    def ask(self, path, client=True, accept="application/json"):
        headers = {"Accept": accept}
        if client:
            headers.update(basic_of("below", BELOW))
        return request(self.port, "GET", path, headers=headers)

    def metric(self, name):
        for line in request(self.admin_port, "GET", "/metrics").body.decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        raise AssertionError(f"no metric {name}")

    def log(self):
        return (self.folder / f"{self.name}.log").read_text(errors="replace")[-4000:]


def basic_of(client, secret):
    import base64
    from urllib.parse import quote_plus
    text = f"{quote_plus(client)}:{quote_plus(secret)}"
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


class Tree(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.authority = self.folder.keep(
            Authority(self.folder.path, authority={"take_back_within": "8s"},
                      feed={"heartbeat": "200ms"})).start()
        self.authority.add_user()
        self.upper = self.agent("upper", self.authority.port).start()
        self.lower = self.agent("lower", self.upper.port).start()
        self.bottom = self.folder.keep(Authz(
            self.folder.path, self.authority, "bottom", feed_port=self.lower.port,
            issuer={"jwks_url": f"{self.authority.issuer}/.well-known/jwks.json"},
            follower={"client_id": "below", "client_secret": BELOW},
            feed={"heartbeat": "200ms"},
            revocation={"max_staleness": f"{MAX_STALENESS_MS}ms"})).start()

    def agent(self, name, upstream_port, **settings):
        made = TreeAgent(self.folder.path, self.authority, upstream_port, name, **settings)
        self.addCleanup(made.stop)
        return made

    def login(self):
        token = self.authority.login()["access_token"]
        return token, json.loads(self.authority.introspect(token).body)["sid"]

    def test_what_is_revoked_at_the_top_is_refused_at_the_bottom(self):
        token, session = self.login()
        self.assertEqual(self.bottom.check(token).status, 200)
        answer = self.authority.revoke("sid", session, wait=10)
        self.assertEqual(self.bottom.check(token).status, 401, answer)
        followers = {one["name"]: one["state"] for one in answer["propagation"]["followers"]}
        self.assertEqual(followers, {"upper": "applied", "lower": "applied", "bottom": "applied"},
                         "each is known by its own name, through the tree")
        self.assertEqual(self.upper.metric("rescind_served_followers"), 2)

    def test_below_a_killed_agent_all_is_stale_until_it_is_back(self):
        token, session = self.login()
        self.assertEqual(self.bottom.check(token).status, 200)
        self.lower.process.kill()
        self.authority.revoke("sid", session)
        until(lambda: self.bottom.check(token).status == 503, "the bottom says that it is stale")
        self.lower.start()
        until(lambda: self.bottom.check(token).status == 401, "the bottom refuses")
        fresh, _ = self.login()
        until(lambda: self.bottom.check(fresh).status == 200, "the bottom is fresh")

    def test_an_agent_that_is_stopped_gives_nothing_out_as_fresh(self):
        token, _ = self.login()
        self.assertEqual(self.bottom.check(token).status, 200)
        self.upper.process.freeze()
        until(lambda: self.bottom.check(token).status == 503, "stale, two levels below")
        until(lambda: "heartbeat" not in self.lower.ask("/v1/feed?wait=0s").json(),
              "no old heartbeat is given out")
        self.upper.process.go_on()
        until(lambda: self.bottom.check(token).status == 200, "fresh again")

    def test_agents_serve_the_authoritys_bytes_to_their_clients_alone(self):
        self.authority.revoke("sid", "a session")
        path = "/v1/feed?after=0.0&wait=0s"
        wanted = self.authority.call("GET", path, headers={
            "Accept": "application/json", **basic("follower")}).json()["batches"]
        for agent in (self.upper, self.lower):
            until(lambda agent=agent: agent.ask(path).status == 200 and
                  agent.ask(path).json()["batches"] == wanted, "the same batches")
            manifest = agent.ask("/v1/feed/snapshot", accept="application/jose")
            self.assertEqual(manifest.status, 200, manifest)
            self.assertEqual(agent.ask(path, client=False).status, 401)
            self.assertEqual(agent.ask("/v1/feed/snapshot", client=False).status, 401)
            self.assertEqual(agent.ask("/v1/feed/keys", client=False).status, 200)

    def test_a_lost_history_is_proven_and_given_back_from_the_bottom(self):
        doomed, bystander = self.authority.login(), self.authority.login()
        self.authority.process.stop()
        backup = self.authority.backup()
        self.authority.start()
        self.authority.revoke("sid", doomed["session_id"], wait=10)
        until(lambda: self.bottom.check(doomed["access_token"]).status == 401, "refused")
        self.upper.process.kill()
        self.authority.process.kill()
        self.authority.restore(backup)
        # The upper agent starts with nothing: only those below it know what was lost.
        self.authority.start()
        self.upper.start()
        until(lambda: "history lost" in self.authority.log(), "the authority hears of the loss", 90)
        until(lambda: self.bottom.check(bystander["access_token"]).status == 200, "nothing was cut", 90)
        self.assertEqual(self.bottom.check(doomed["access_token"]).status, 401)
        self.assertEqual(self.authority.refresh(doomed["refresh_token"]).status, 401)
        self.assertEqual(self.authority.refresh(bystander["refresh_token"]).status, 200)

    def test_settings_that_cannot_be_are_named(self):
        for serve, words in (
                ({"clients": [{"id": "a"}]}, "secret"),
                ({"clients": [{"id": "a", "secret": "b"}, {"id": "a", "secret": "c"}]}, "twice"),
                ({"tls": {"cert": "x"}}, "go together"),
                ({"memory": "1KiB"}, "memory")):
            config = json.loads(self.upper.config.read_text())
            config["serve"].update(serve)
            path = self.folder.path / "wrong.yaml"
            path.write_text(json.dumps(config))
            ran = subprocess.run([RESCIND, "agent", "--config", str(path), "--check"],
                                 capture_output=True, text=True, timeout=20)
            self.assertEqual(ran.returncode, 3, ran)
            self.assertIn(words, ran.stderr)


if __name__ == "__main__":
    unittest.main()
