"""`rescind agent`: one process of a host follows the feed, all others read what it shares."""

import grp
import importlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

from processes import (
    RESCIND, Authority, Folder, Process, free_port, ready, request, until)

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED_MEMORY = "/dev/shm"
MAX_STALENESS_MS = 2000


def reader_package(folder):
    """The Python package as it is installed: with the library inside."""
    package = folder / "packages" / "rescind"
    shutil.copytree(ROOT / "clients/python/rescind", package)
    shutil.copy(os.environ["RESCIND_LIBRARY"], package / "librescind.so")
    sys.path.insert(0, str(package.parent))
    try:
        return importlib.import_module("rescind")
    finally:
        sys.path.remove(str(package.parent))


class Agent:
    """`rescind agent`; may be killed and started again."""

    def __init__(self, folder, authority, index, name="agent", **settings):
        self.folder = pathlib.Path(folder)
        self.name = name
        self.index = pathlib.Path(index)
        self.admin_port = free_port()
        self.config = self.folder / f"{name}.yaml"
        self.process = None
        config = {
            "version": 1,
            "listen": {"admin": f"127.0.0.1:{self.admin_port}"},
            "agent": {"index": str(self.index)},
            "issuer": {"url": authority.issuer},
            "feed": {"url": f"{authority.issuer}/v1/feed", "heartbeat": "200ms"},
            "follower": {
                "name": name,
                "client_id": "follower",
                "client_secret": "follower-secret-for-tests",
                "checkpoint": str(self.folder / f"{name}.checkpoint"),
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
            until(lambda: ready(self.admin_port) or not self.process.running(), "the agent ready")
            if not self.process.running():
                raise AssertionError("the agent ended:\n" + self.log())
        return self

    def health(self):
        return request(self.admin_port, "GET", "/healthz/ready")

    def metric(self, name):
        for line in request(self.admin_port, "GET", "/metrics").body.decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        raise AssertionError(f"no metric {name}")

    def log(self):
        return (self.folder / f"{self.name}.log").read_text(errors="replace")[-4000:]


class Readers:
    """What reads an index through the Python package, which is made once for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.packages = Folder()
        cls.addClassCleanup(cls.packages.close)
        cls.rescind = reader_package(cls.packages.path)

    def verdict(self, reader, token):
        try:
            reader.verify(token)
            return "accepted"
        except self.rescind.Refused as refused:
            return refused.reason
        except self.rescind.Stale:
            return "stale"

    def comes_to(self, verdict, reader, token):
        until(lambda: self.verdict(reader, token) == verdict, f"the reader says {verdict}")


class SharedIndex(Readers, unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.index = pathlib.Path(SHARED_MEMORY) / f"{self.folder.path.name}.index"
        self.addCleanup(self.remove_index)
        self.authority = self.folder.keep(
            Authority(self.folder.path, feed={"heartbeat": "200ms"})).start()
        self.authority.add_user()

    def remove_index(self):
        for path in (self.index, pathlib.Path(f"{self.index}.lock")):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)

    def agent(self, name="agent", **settings):
        return self.folder.keep(Agent(self.folder.path, self.authority, self.index, name, **settings))

    def reader(self, **more):
        """This process, as one that has nothing but the file."""
        opened = self.rescind.open({
            "index": str(self.index),
            "issuers": [{"issuer": self.authority.issuer, "audiences": ["orders"]}],
            "max_staleness_ms": MAX_STALENESS_MS, **more})
        self.addCleanup(opened.close)
        return opened

    def login(self):
        token = self.authority.login()["access_token"]
        session = json.loads(self.authority.introspect(token).body)["sid"]
        return token, session

    def test_what_is_revoked_is_refused_by_every_process_without_a_network(self):
        agent = self.agent().start()
        first, second = self.reader(), self.reader()
        token, session = self.login()
        for reader in (first, second):
            self.assertEqual(self.verdict(reader, token), "accepted")
            self.assertTrue(reader.state().shared)
        # The answer waits for the agent's receipt: from here on nobody accepts it.
        answer = self.authority.revoke("sid", session, wait=10)
        self.assertEqual([self.verdict(reader, token) for reader in (first, second)],
                         ["revoked", "revoked"], answer)
        self.assertEqual(agent.metric("rescind_index_entries"), 1)
        self.assertGreater(agent.metric("rescind_index_bytes"), 0)
        self.assertLess(agent.metric("rescind_feed_staleness_seconds"), MAX_STALENESS_MS / 1000)
        self.assertEqual(agent.metric("rescind_index_published"), 1)
        self.assertEqual(self.index.stat().st_mode & 0o777, 0o600)

    def test_nothing_is_lost_where_the_agent_is_killed_and_started_again(self):
        agent = self.agent().start()
        reader = self.reader()
        good, _ = self.login()
        before, session_before = self.login()
        meanwhile, session_meanwhile = self.login()
        self.authority.revoke("sid", session_before, wait=10)
        agent.process.kill()
        self.assertEqual(self.verdict(reader, before), "revoked")
        self.assertEqual(self.verdict(reader, good), "accepted", "as fresh as it was")
        self.authority.revoke("sid", session_meanwhile)
        # Nobody writes any more: it grows stale, and says so.
        self.comes_to("stale", reader, good)
        self.assertEqual(self.verdict(reader, before), "revoked", "what is known is known")
        self.assertFalse(reader.state().fresh)

        begun = time.monotonic()
        agent.start(wait=False)
        self.comes_to("accepted", reader, good)
        print(f"takeover: {(time.monotonic() - begun) * 1000:.0f} ms", file=sys.stderr)
        self.assertEqual(self.verdict(reader, before), "revoked")
        self.assertEqual(self.verdict(reader, meanwhile), "revoked", "revoked while it was down")
        self.assertEqual(self.verdict(self.reader(), meanwhile), "revoked")

    def test_readers_go_on_with_the_old_index_while_the_new_agent_waits_for_the_feed(self):
        agent = self.agent().start()
        reader = self.reader()
        good, _ = self.login()
        bad, session = self.login()
        self.authority.revoke("sid", session, wait=10)
        agent.process.kill()
        inode = self.index.stat().st_ino
        self.authority.process.kill()
        agent.start(wait=False)
        until(lambda: "taken over" in agent.log(), "the new agent has the old one's index")
        self.comes_to("stale", reader, good)
        self.assertEqual(self.verdict(reader, bad), "revoked")
        self.assertEqual(self.index.stat().st_ino, inode, "not replaced by what is not ready")
        self.assertEqual(agent.health().status, 503)
        self.authority.start()
        self.comes_to("accepted", reader, good)
        self.assertEqual(self.verdict(reader, bad), "revoked")
        self.assertNotEqual(self.index.stat().st_ino, inode)

    def test_a_reader_that_is_there_before_the_agent_is_stale_until_it_comes(self):
        good, _ = self.login()
        reader = self.reader()
        self.assertEqual(self.verdict(reader, good), "stale")
        self.agent().start()
        self.comes_to("accepted", reader, good)

    def test_a_second_agent_is_refused(self):
        self.agent().start()
        second = self.agent("second").start(wait=False)
        until(lambda: not second.process.running(), "the second agent ends")
        self.assertEqual(second.process.child.returncode, 6, "a conflict")
        self.assertIn("another agent writes the index", second.log())
        good, _ = self.login()
        self.assertEqual(self.verdict(self.reader(), good), "accepted")

    def test_what_is_no_index_is_replaced_and_what_is_somebody_elses_is_not(self):
        self.index.write_bytes(os.urandom(100_000))
        agent = self.agent().start()
        good, _ = self.login()
        self.assertEqual(self.verdict(self.reader(), good), "accepted")
        self.assertIn("replaced", agent.log())
        agent.process.stop()

        self.index.unlink()
        self.index.write_bytes(b"")
        self.index.chmod(0o666)
        self.refuses_to_start("may be written by others")
        if os.geteuid() == 0:
            self.index.chmod(0o600)
            os.chown(self.index, 65534, 65534)
            self.refuses_to_start("belongs to user 65534")

    def refuses_to_start(self, why):
        agent = self.agent("refused").start(wait=False)
        until(lambda: not agent.process.running(), "the agent ends")
        self.assertNotEqual(agent.process.child.returncode, 0)
        self.assertIn(why, agent.log())
        self.assertIn("remove it", agent.log())
        self.assertTrue(self.index.exists())

    def test_an_orderly_end_leaves_what_readers_have(self):
        agent = self.agent().start()
        reader = self.reader()
        good, _ = self.login()
        self.assertEqual(self.verdict(reader, good), "accepted")
        self.assertEqual(agent.process.stop(), 0)
        self.assertEqual(self.verdict(reader, good), "accepted", "until it is stale")
        self.assertTrue((self.folder.path / "agent.checkpoint").exists())

    @unittest.skipUnless(os.geteuid() == 0, "to be another user")
    def test_a_group_may_read_and_nobody_else(self):
        group = grp.getgrnam("daemon")
        self.agent(agent={"group": "daemon"}).start()
        self.assertEqual(self.index.stat().st_mode & 0o777, 0o640)
        self.assertEqual(self.index.stat().st_gid, group.gr_gid)

        def can_read(groups):
            return subprocess.run(["head", "-c", "1", str(self.index)], user=65534, group=65534,
                                  extra_groups=groups, capture_output=True).returncode == 0
        self.assertTrue(can_read([group.gr_gid]))
        self.assertFalse(can_read([]))

    def test_settings_that_cannot_be_are_told_and_a_check_touches_nothing(self):
        def check(**settings):
            agent = Agent(self.folder.path, self.authority, self.index, "checked", **settings)
            return subprocess.run([RESCIND, "agent", "--check", "--config", str(agent.config)],
                                  capture_output=True, text=True)
        self.assertEqual(check().returncode, 0)
        self.assertFalse(self.index.exists())
        for settings, why in (({"agent": {"group": "no-such-group"}}, "no-such-group"),
                              ({"agent": {"index": "relative"}}, "absolute"),
                              ({"feed": {"url": "https://auth.example/feed"}}, "/v1/feed"),
                              ({"feed": {"url": "http://auth.example/v1/feed"}}, "http")):
            checked = check(**settings)
            self.assertEqual(checked.returncode, 3, checked.stderr)
            self.assertIn(why, checked.stderr)
        self.agent().start()
        self.assertEqual(check().returncode, 0, "beside an agent that runs")

    def test_a_file_that_is_gone_is_told(self):
        agent = self.agent().start()
        self.index.unlink()
        until(lambda: agent.health().status == 503, "the agent says that its file is gone")
        self.assertIn("start the agent again", agent.health().body.decode())


if __name__ == "__main__":
    unittest.main()
