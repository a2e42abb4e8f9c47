"""A denylist in Redis, kept by `rescind denylist` and asked by `rescind authz`, with real processes."""

import concurrent.futures
import json
import shutil
import subprocess
import unittest

from processes import RESCIND, Authority, Authz, Folder, Process, bearer, free_port, ready, request, until
from test_brokers import Forwarder, Redis, metric


class Denylist:
    """`rescind denylist`: follows the feed, writes to Redis."""

    def __init__(self, folder, authority, redis, name="rescind.default.denylist", **feed):
        self.name = name
        self.folder = folder / name
        self.folder.mkdir()
        self.admin_port = free_port()
        self.config = self.folder / "denylist.yaml"
        self.config.write_text(json.dumps({
            "version": 1,
            "listen": {"admin": f"127.0.0.1:{self.admin_port}"},
            "denylist": {"url": f"redis://127.0.0.1:{redis.port}/{name}"},
            "issuer": {"url": authority.issuer},
            "feed": {"url": f"http://127.0.0.1:{authority.port}/v1/feed", **feed},
            "follower": {"name": "denylist", "client_id": "follower",
                         "client_secret": "follower-secret-for-tests"},
        }))
        self.process = None

    def start(self):
        self.process = Process([RESCIND, "denylist", "--config", str(self.config)],
                               self.folder / "denylist.log")
        until(lambda: ready(self.admin_port), "the denylist is written")
        return self


@unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
class InRedis(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.redis = self.folder.keep(Redis(self.folder.path).start())
        self.authority = self.folder.keep(Authority(self.folder.path / "authority").start())
        self.authority.add_user()
        self.keeper = self.folder.keep(
            Denylist(self.folder.path, self.authority, self.redis).start())

    def asking(self, **revocation):
        return self.folder.keep(Authz(
            self.folder.path / "authz", self.authority,
            revocation={"source": "redis", "denylist": f"redis://127.0.0.1:{self.redis.port}",
                        "max_staleness": "5s", **revocation}).start())

    def answer(self, authz, token):
        return request(authz.port, "GET", "/authz/forward-auth", headers=bearer(token))

    def becomes(self, authz, token, status):
        until(lambda: self.answer(authz, token).status == status, f"the answer is {status}")

    def answer_at(self, authz, token, position):
        headers = {**bearer(token), "Revocation-Position": position}
        return request(authz.port, "GET", "/authz/forward-auth", headers=headers, timeout=30).status

    def session(self, token):
        return self.authority.introspect(token).json()["sid"]

    def test_what_is_revoked_is_refused_with_its_reason(self):
        authz = self.asking()
        token = self.authority.login()["access_token"]
        other = self.authority.login()["access_token"]
        self.becomes(authz, token, 200)
        self.authority.revoke("sid", self.session(token))
        self.becomes(authz, token, 401)
        self.assertEqual(self.answer(authz, other).status, 200)
        # All of a user's tokens, by a cut; a later sign-in is another matter.
        subject = self.authority.introspect(other).json()["sub"]
        self.authority.revoke("sub", subject)
        self.becomes(authz, other, 401)
        self.becomes(authz, self.authority.login()["access_token"], 200)

    def test_who_knows_of_a_revocation_is_never_let_past_it(self):
        authz = self.asking(position_wait="5s", max_staleness="30s")
        for _ in range(5):
            token = self.authority.login()["access_token"]
            self.becomes(authz, token, 200)
            position = self.authority.revoke("sid", self.session(token))["position"]
            self.assertEqual(self.answer_at(authz, token, position), 401, "at the first question")
        # The keeper is behind: who names the position waits until it has caught up.
        token = self.authority.login()["access_token"]
        self.becomes(authz, token, 200)
        self.keeper.process.freeze()
        before = metric(authz, "rescind_position_waits_total")
        position = self.authority.revoke("sid", self.session(token))["position"]
        self.assertEqual(self.answer(authz, token).status, 200, "who does not know of it is let in")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            waiting = pool.submit(self.answer_at, authz, token, position)
            until(lambda: metric(authz, "rescind_position_waits_total") == before + 1, "it waits")
            self.keeper.process.go_on()
            self.assertEqual(waiting.result(30), 401)

    def test_a_position_that_the_keeper_does_not_reach_is_the_callers_word(self):
        authz = self.asking(position_wait="50ms")
        token = self.authority.login()["access_token"]
        self.becomes(authz, token, 200)
        self.assertEqual(self.answer_at(authz, token, "9999999999999.1"), 200)

    def test_who_keeps_it_may_die_and_nobody_vouches_meanwhile(self):
        authz = self.asking()
        token = self.authority.login()["access_token"]
        self.becomes(authz, token, 200)
        self.keeper.process.kill()
        self.authority.revoke("sid", self.session(token))
        self.becomes(authz, token, 503)  # stale: the policy is to refuse
        self.keeper.start()
        self.becomes(authz, token, 401)
        self.becomes(authz, self.authority.login()["access_token"], 200)

    def test_redis_may_die_and_come_back_with_nothing(self):
        authz = self.asking()
        token = self.authority.login()["access_token"]
        revoked = self.authority.login()["access_token"]
        self.authority.revoke("sid", self.session(revoked))
        self.becomes(authz, token, 200)
        self.becomes(authz, revoked, 401)
        self.redis.process.kill()
        self.becomes(authz, token, 503)
        for path in self.redis.folder.glob("appendonlydir/*"):
            path.unlink()
        self.redis.start()
        # Never a yes for the revoked one on the way back.
        until(lambda: self.answer(authz, revoked).status != 200
              and self.answer(authz, token).status == 200, "all is written anew")
        self.assertEqual(self.answer(authz, revoked).status, 401)
        self.assertGreater(metric(self.keeper, "rescind_denylist_rewrites_total"), 1)

    def test_a_term_that_the_origin_has_not_confirmed_is_not_told(self):
        road = f"redis://127.0.0.1:{self.redis.port}"
        authority = self.folder.keep(
            Authority(self.folder.path / "publishing", feed={"transports": [road]}).start())
        way = Forwarder(authority.port)
        self.addCleanup(way.close)
        keeper = self.folder.keep(Denylist(
            self.folder.path, authority, self.redis, name="second", roads=[road],
            url=f"http://127.0.0.1:{way.port}/v1/feed").start())

        def term():
            state = subprocess.run(
                ["redis-cli", "-p", str(self.redis.port), "GET", keeper.name + ":state"],
                capture_output=True, text=True, check=True).stdout
            return json.loads(state)["position"].split(".")[0]

        before = term()
        way.cut()
        authority.process.kill()
        authority.start()
        last = authority.revoke("sid", "0" * 22)["position"].split(".")
        until(lambda: metric(keeper, "rescind_feed_position") >= int(last[1]), "the broker brings it")
        told = term()
        if metric(keeper, "rescind_feed_unconfirmed_terms_total") == 0:
            self.assertEqual(told, before)
        until(lambda: term() == last[0], "after ten seconds the clocks' bound has to do")
        self.assertEqual(metric(keeper, "rescind_feed_unconfirmed_terms_total"), 1)

    def test_the_authority_is_asked_where_redis_is_not_there(self):
        authz = self.asking(on_stale="introspect")
        token = self.authority.login()["access_token"]
        self.becomes(authz, token, 200)
        self.redis.process.kill()
        self.assertEqual(self.answer(authz, token).status, 200)
        self.authority.revoke("sid", self.session(token))
        self.assertEqual(self.answer(authz, token).status, 401)


if __name__ == "__main__":
    unittest.main()
