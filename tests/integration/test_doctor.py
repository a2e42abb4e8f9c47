"""`rescind feed plan` and `rescind doctor`, before and beside the real servers."""

import json
import os
import shutil
import subprocess
import unittest

from processes import RESCIND, Authority, Authz, Folder, free_port
from test_brokers import Redis


def run(*words, expect=0, timeout=60):
    done = subprocess.run([RESCIND, *words], capture_output=True, text=True, timeout=timeout)
    assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    return done.stdout


class Plan(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)

    def config(self, **feed):
        path = self.folder.path / "authority.yaml"
        path.write_text(json.dumps({
            "version": 1, "authority": {"issuer": "https://auth.example.com"}, "feed": feed}))
        return str(path)

    def test_says_what_to_create_at_each_broker_and_asks_nobody(self):
        config = self.config(retention="2h", transports=[
            "redis://me:hunter2@127.0.0.1:1/orders", "kafka://127.0.0.1:1", "amqp://127.0.0.1:1",
            "nats://127.0.0.1:1"], requests=["redis://127.0.0.1:1/orders", "kafka://127.0.0.1:1",
                                             "amqp://127.0.0.1:1", "nats://127.0.0.1:1"])
        plan = run("feed", "plan", "--config", config)
        self.assertIn("# redis://127.0.0.1:1/orders\n", plan)
        self.assertIn("CONFIG SET maxmemory-policy noeviction", plan)
        self.assertIn("--create --topic rescind.default --partitions 1", plan)
        self.assertIn("--create --topic rescind.default.snapshot", plan)
        self.assertIn("retention.ms=7200000", plan)
        self.assertIn("declare queue name=rescind.default", plan)
        self.assertIn("stream add rescind_default --subjects='rescind.default' ", plan)
        self.assertIn("stream add rescind_default_snapshot ", plan)
        self.assertIn("--max-age=7200s", plan)
        self.assertIn("# redis://127.0.0.1:1/orders, for signed requests\n", plan)
        self.assertIn("ACL SETUSER rescind-service on '>PASSWORD' '~orders.requests' +auth +xadd\n", plan)
        self.assertIn("--create --topic rescind.default.requests", plan)
        self.assertIn("declare queue name=rescind.default.requests ", plan)
        self.assertIn("stream add rescind_default_requests --subjects='rescind.default.requests' ", plan)
        self.assertNotIn("hunter2", plan)
        told = json.loads(run("feed", "plan", "--config", config, "-o", "json"))
        self.assertEqual(len(told["transports"]), 4)
        self.assertEqual(len(told["transports"][1]["commands"]), 2)
        self.assertEqual([one["transport"] for one in told["requests"]][1], "kafka://127.0.0.1:1")
        self.assertEqual([len(one["commands"]) for one in told["requests"]], [3, 1, 1, 1])

    def test_without_brokers_there_is_nothing_to_create(self):
        self.assertIn("nothing to create", run("feed", "plan", "--config", self.config()))

    def test_a_wrong_url_is_a_wrong_configuration(self):
        run("feed", "plan", "--config", self.config(transports=["carrier-pigeon://x"]), expect=3)


@unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
class Doctor(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.redis = self.folder.keep(Redis(self.folder.path).start())
        url = f"redis://127.0.0.1:{self.redis.port}"
        self.authority = self.folder.keep(
            Authority(self.folder.path / "authority",
                      feed={"transports": [url], "requests": [url]}).start())
        self.authz = Authz(self.folder.path / "authz", self.authority, feed={"roads": [url]})

    def checks(self, role, config, expect=0):
        told = run("doctor", "--role", role, "--config", str(config), "-o", "json", "--timeout",
                   "5s", expect=expect)
        return {check["what"]: check for check in json.loads(told)["checks"]}

    def test_all_is_well(self):
        authority = self.checks("authority", self.authority.config)
        self.assertTrue(all(check["ok"] for check in authority.values()), authority)
        self.assertIn(f"redis://127.0.0.1:{self.redis.port}", authority)
        follower = self.checks("authz", self.authz.config)
        self.assertTrue(all(check["ok"] for check in follower.values()), follower)
        self.assertIn("head ", follower[f"http://127.0.0.1:{self.authority.port}/v1/feed"]["said"])

    def test_names_what_is_wrong(self):
        self.redis.process.kill()
        os.chmod(self.authority.folder / "feed.pem", 0o644)
        authority = self.checks("authority", self.authority.config, expect=3)
        self.assertFalse(authority[f"redis://127.0.0.1:{self.redis.port}"]["ok"])
        self.assertFalse(authority[f"requests at redis://127.0.0.1:{self.redis.port}"]["ok"])
        self.assertIn("chmod 600", authority["feed key"]["said"])
        follower = self.checks("authz", self.authz.config, expect=7)
        self.assertFalse(follower[f"redis://127.0.0.1:{self.redis.port}"]["ok"])
        self.assertTrue(follower["keys of the feed"]["ok"])

    def test_another_issuers_feed_is_told(self):
        settings = json.loads(self.authz.config.read_text())
        settings["issuer"]["url"] = "https://somebody.else"
        self.authz.config.write_text(json.dumps(settings))
        follower = self.checks("authz", self.authz.config, expect=3)
        feed = follower[f"http://127.0.0.1:{self.authority.port}/v1/feed"]
        self.assertIn(self.authority.issuer, feed["said"])

    def test_nobody_is_there(self):
        lonely = Authz(self.folder.path / "lonely", self.authority, feed_port=free_port())
        follower = self.checks("authz", lonely.config, expect=7)
        self.assertFalse(follower["keys of the feed"]["ok"])


if __name__ == "__main__":
    unittest.main()
