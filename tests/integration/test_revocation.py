"""From sign-in to refusal, with real processes, killed and frozen on the way."""

import shutil
import unittest

import processes
from processes import Authority, Authz, Folder, Gateway, bearer, until


class World(unittest.TestCase):
    followers = 1
    settings = {}
    authz_settings = {}

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.authority = self.folder.keep(Authority(self.folder.path, **self.settings)).start()
        self.authz = [
            self.folder.keep(Authz(self.folder.path, self.authority, f"authz-{i}",
                                   **self.authz_settings)).start()
            for i in range(self.followers)
        ]
        self.user = self.authority.add_user()

    def assert_accepted(self, token, where=None):
        for authz in where or self.authz:
            answer = authz.check(token)
            self.assertEqual(answer.status, 200, answer)

    def assert_refused_soon(self, token, reason, where=None):
        for authz in where or self.authz:
            until(lambda: authz.check(token).headers.get("x-rescind-reason") == reason,
                  f"{authz.name} refuses because {reason}")
            self.assertEqual(authz.check(token).status, 401)


class Story(World):
    followers = 3

    def test_a_signed_out_session_is_refused_everywhere_and_cannot_refresh(self):
        pair = self.authority.login()
        other = self.authority.login()
        self.assert_accepted(pair["access_token"])
        answer = self.authority.call("POST", "/v1/logout", {}, bearer(pair["access_token"]))
        self.assertEqual(answer.status, 200, answer)
        self.assert_refused_soon(pair["access_token"], "signed_out")
        self.assertEqual(self.authority.refresh(pair["refresh_token"]).status, 401)
        self.assertEqual(self.authority.introspect(pair["access_token"]).body, b'{"active":false}')
        self.assert_accepted(other["access_token"])

    def test_a_revocation_that_waits_says_who_has_applied_it(self):
        pair = self.authority.login()
        self.assert_accepted(pair["access_token"])
        reply = self.authority.revoke("sid", pair["session_id"], wait=5)
        self.assertTrue(reply["propagation"]["complete"], reply)
        self.assertEqual([f["state"] for f in reply["propagation"]["followers"]], ["applied"] * 3)
        for authz in self.authz:
            answer = authz.check(pair["access_token"])
            self.assertEqual((answer.status, answer.headers["x-rescind-reason"]), (401, "revoked"))

    def test_a_frozen_follower_is_named_and_the_others_are_not_held_up(self):
        # It would accept for 30 s after the last word, so it is not yet refusing by itself.
        pair = self.authority.login()
        until(lambda: len(self.authority.as_admin("GET", "/v1/followers").json()["followers"]) == 3,
              "all have reported")
        self.authz[2].process.freeze()
        reply = self.authority.revoke("sid", pair["session_id"], wait=1)
        states = {f["name"]: f["state"] for f in reply["propagation"]["followers"]}
        self.assertEqual(states, {"authz-0": "applied", "authz-1": "applied",
                                  "authz-2": "missing"})
        self.authz[2].process.go_on()
        self.assert_refused_soon(pair["access_token"], "revoked")

    def test_signing_out_everywhere_spares_the_sign_in_that_follows(self):
        for _ in range(20):
            before = [self.authority.login() for _ in range(2)]
            answer = self.authority.call("POST", "/v1/logout", {"scope": "all"},
                                         bearer(before[0]["access_token"]))
            self.assertEqual(answer.status, 200, answer)
            after = self.authority.login()
            for pair in before:
                self.assert_refused_soon(pair["access_token"], "signed_out")
                self.assertEqual(self.authority.refresh(pair["refresh_token"]).status, 401)
            self.assert_accepted(after["access_token"])
            self.assertEqual(self.authority.refresh(after["refresh_token"]).status, 200)

    def test_a_disabled_account_is_dead_at_once(self):
        pair = self.authority.login()
        self.assert_accepted(pair["access_token"])
        self.assertEqual(
            self.authority.as_admin("POST", f"/v1/accounts/{self.user}/disable").status, 200)
        self.assert_refused_soon(pair["access_token"], "revoked")
        self.assertEqual(self.authority.refresh(pair["refresh_token"]).status, 401)
        answer = self.authority.call("POST", "/v1/login",
                                     {"username": "alice", "password": "correct horse"})
        self.assertEqual(answer.status, 401)

    def test_a_new_password_ends_every_other_session_and_gives_a_new_pair(self):
        pair = self.authority.login()
        other = self.authority.login()
        answer = self.authority.call(
            "POST", "/v1/password",
            {"current_password": "correct horse", "new_password": "battery staple"},
            bearer(pair["access_token"]))
        self.assertEqual(answer.status, 200, answer)
        for old in (pair, other):
            until(lambda: self.authz[0].check(old["access_token"]).status == 401, "refused")
            self.assertEqual(self.authority.refresh(old["refresh_token"]).status, 401)
        self.assert_accepted(answer.json()["access_token"])

    def test_a_stolen_signing_key_is_refused_and_another_signs(self):
        pair = self.authority.login()
        self.assert_accepted(pair["access_token"])
        keys = self.authority.as_admin("GET", "/v1/keys").json()["keys"]
        active = next(key["kid"] for key in keys if key["state"] == "active")
        self.authority.revoke("kid", active, reason="compromised")
        self.assert_refused_soon(pair["access_token"], "compromised")
        fresh = until(lambda: self.authority.login(), "signs again")
        until(lambda: self.authz[0].check(fresh["access_token"]).status == 200, "new key is known")


class Crashes(World):
    def restart_authority(self):
        self.authority.process.kill()
        self.authority.start()

    def test_what_was_acknowledged_survives_a_kill_before_it_is_published(self):
        for _ in range(10):
            pair = self.authority.login()
            self.assert_accepted(pair["access_token"])
            self.authz[0].process.freeze()
            self.authority.revoke("sid", pair["session_id"])
            self.authority.process.kill()
            self.authz[0].process.go_on()
            self.authority.start()
            self.assert_refused_soon(pair["access_token"], "revoked")

    def test_a_killed_follower_is_not_ready_before_it_has_caught_up(self):
        kept = self.authority.login()
        pair = self.authority.login()
        self.assert_accepted(pair["access_token"])
        self.authz[0].process.kill()
        self.authority.revoke("sid", pair["session_id"], reason="compromised")
        # Nobody to catch up with: it must not vouch for what its checkpoint says.
        self.authority.process.freeze()
        self.authz[0].start(wait=False)
        until(lambda: processes.request(self.authz[0].admin_port, "GET", "/healthz/live").status
              == 200 if self.authz[0].process.running() and self.listens() else False, "lives")
        self.assertFalse(processes.ready(self.authz[0].admin_port))
        self.assertNotEqual(self.authz[0].check(kept["access_token"]).status, 200)
        self.authority.process.go_on()
        until(lambda: processes.ready(self.authz[0].admin_port), "ready")
        answer = self.authz[0].check(pair["access_token"])
        self.assertEqual((answer.status, answer.headers["x-rescind-reason"]), (401, "compromised"))
        self.assert_accepted(kept["access_token"])

    def listens(self):
        try:
            processes.request(self.authz[0].admin_port, "GET", "/healthz/live", timeout=1)
            return True
        except OSError:
            return False

    def test_a_follower_that_ended_in_order_starts_from_its_checkpoint(self):
        pair = self.authority.login()
        self.authority.revoke("sid", pair["session_id"], wait=5)
        self.authz[0].process.stop()
        self.assertTrue(self.authz[0].checkpoint.exists())
        self.authz[0].start()
        self.assert_refused_soon(pair["access_token"], "revoked")

    def test_a_damaged_checkpoint_is_never_loaded(self):
        pair = self.authority.login()
        self.authority.revoke("sid", pair["session_id"], wait=5)
        self.authz[0].process.stop()
        blob = bytearray(self.authz[0].checkpoint.read_bytes())
        blob[len(blob) // 2] ^= 1
        self.authz[0].checkpoint.write_bytes(blob)
        self.authz[0].start()
        self.assert_refused_soon(pair["access_token"], "revoked")
        self.assertIn("checkpoint not loaded", self.authz[0].log())

    def test_a_replayed_refresh_token_is_reuse_after_a_restart_too(self):
        # D28: nothing about rotation lives in the process.
        for kill in (True, False):
            pair = self.authority.login()
            successor = self.authority.refresh(pair["refresh_token"])
            self.assertEqual(successor.status, 200)
            again = self.authority.refresh(successor.json()["refresh_token"])
            self.assertEqual(again.status, 200)
            if kill:
                self.authority.process.kill()
            else:
                self.authority.process.stop()
            self.authority.start()
            self.assertEqual(self.authority.refresh(pair["refresh_token"]).status, 401)
            self.assertEqual(self.authority.refresh(again.json()["refresh_token"]).status, 401)
            self.assert_refused_soon(again.json()["access_token"], "compromised")

    def test_a_lost_answer_is_had_again_after_a_kill(self):
        # D30: the same successor, byte for byte, though it was never stored.
        pair = self.authority.login()
        first = self.authority.refresh(pair["refresh_token"]).json()
        self.restart_authority()
        second = self.authority.refresh(pair["refresh_token"])
        self.assertEqual(second.status, 200, second)
        self.assertEqual(second.json()["refresh_token"], first["refresh_token"])
        self.assert_accepted(second.json()["access_token"])


class RestoredBackup(World):
    followers = 2

    def backup(self, name):
        """The database's files as they lie on the disk while nobody writes."""
        place = self.folder.path / name
        place.mkdir()
        for file in self.folder.path.glob("rescind.db*"):
            shutil.copy2(file, place / file.name)
        return place

    def restore(self, place):
        for file in self.folder.path.glob("rescind.db*"):
            file.unlink()
        for file in place.iterdir():
            shutil.copy2(file, self.folder.path / file.name)

    def test_what_was_revoked_after_the_copy_stays_refused(self):
        early = self.authority.login()
        doomed = self.authority.login()
        self.authority.process.stop()
        copy = self.backup("copy")
        self.authority.start()
        # After the copy: a session ends, and others begin.
        self.authority.revoke("sid", doomed["session_id"], wait=5)
        late = self.authority.login()
        self.assert_refused_soon(doomed["access_token"], "revoked")
        self.assert_accepted(early["access_token"])
        self.authority.process.kill()
        self.restore(copy)
        self.authority.start()
        # The followers keep what they know, and prove the loss: the authority cuts its own issuer.
        self.assert_refused_soon(doomed["access_token"], "revoked")
        until(lambda: all(authz.check(late["access_token"]).status == 401 for authz in self.authz),
              "the cut has hit what came after the copy")
        until(lambda: all(authz.check(early["access_token"]).status == 401 for authz in self.authz),
              "the cut has hit what came before the copy")
        for pair in (doomed, early):
            self.assertEqual(self.authority.refresh(pair["refresh_token"]).status, 401)
        self.assertIn("history lost", self.authority.log())
        # Users sign in again, and new revocations reach everybody.
        fresh = self.authority.login()
        until(lambda: all(authz.check(fresh["access_token"]).status == 200 for authz in self.authz),
              "a new sign-in is accepted everywhere")
        self.authority.revoke("sub", self.user, wait=5)
        self.assert_refused_soon(fresh["access_token"], "revoked")


class Staleness(World):
    authz_settings = {"revocation": {"max_staleness": "2s"}}

    def setUp(self):
        super().setUp()
        self.accepting = self.folder.keep(Authz(
            self.folder.path, self.authority, "accepting",
            revocation={"max_staleness": "2s", "on_stale": "accept"})).start()
        self.asking = self.folder.keep(Authz(
            self.folder.path, self.authority, "asking",
            revocation={"max_staleness": "2s", "on_stale": "introspect"})).start()

    def test_a_feed_that_was_cut_is_noticed_and_each_policy_holds(self):
        pair = self.authority.login()
        revoked = self.authority.login()
        self.authority.revoke("sid", revoked["session_id"], wait=5)
        everybody = [*self.authz, self.accepting, self.asking]
        self.assert_accepted(pair["access_token"], everybody)
        self.authority.process.freeze()
        until(lambda: self.authz[0].check(pair["access_token"]).status == 503, "refuses as stale")
        stale = self.authz[0].check(pair["access_token"])
        self.assertEqual(stale.headers["x-rescind-decision"], "stale")
        self.assertIn("retry-after", stale.headers)
        open_answer = until(
            lambda: (answer := self.accepting.check(pair["access_token"])).headers[
                "x-rescind-decision"] == "stale" and answer, "accepts and says so")
        self.assertEqual(open_answer.status, 200)
        until(lambda: self.asking.check(pair["access_token"]).status == 503, "nobody to ask")
        # What is known to be revoked is refused whatever the policy.
        for authz in everybody:
            self.assertEqual(authz.check(revoked["access_token"]).status, 401)
        self.authority.process.go_on()
        for authz in everybody:
            until(lambda: authz.check(pair["access_token"]).headers["x-rescind-decision"]
                  == "accept", "heals by itself")


class ThroughNginx(World):
    """Identity headers and paths, security D49, D51, D52."""

    authz_settings = {"gateway": {"answers": "nginx"}, "revocation": {"max_staleness": "3s"}}

    def setUp(self):
        super().setUp()
        self.gateway = self.folder.keep(Gateway(self.folder.path, self.authz[0]))
        self.pair = self.authority.login()
        self.token = self.pair["access_token"]

    def seen(self, answer):
        return {name.lower(): value for name, value in answer.json()["headers"].items()}

    def test_a_200_carries_the_user_and_a_401_the_reason(self):
        answer = self.gateway.get(self.token)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.seen(answer)["x-user-id"], self.user)
        self.assertEqual(self.gateway.get().status, 401)
        self.authority.call("POST", "/v1/logout", {}, bearer(self.token))
        refused = until(lambda: (a := self.gateway.get(self.token)).status == 401 and a, "401")
        self.assertIn('error_description="signed out"', refused.headers["www-authenticate"])

    def test_a_clients_own_identity_headers_never_get_through(self):
        host = "Host: x\r\nConnection: close\r\n"
        token = f"Authorization: Bearer {self.token}\r\n"
        for forged in ("X-User-Id: root\r\n", "x-user-id: root\r\nX-User-Id: root\r\n",
                       "X_User_Id: root\r\n", "X-USER-ID: root\r\n", "x_user_ID: root\r\n"):
            answer = self.gateway.raw(f"GET /orders HTTP/1.1\r\n{host}{token}{forged}\r\n")
            self.assertTrue(answer.startswith("HTTP/1.1 200"), answer[:100])
            self.assertNotIn("root", answer)
            self.assertEqual(answer.count(self.user), 1)
        for abuse in ("X-User-Id", "close, x_user_id"):
            answer = self.gateway.raw(
                f"GET /orders HTTP/1.1\r\nHost: x\r\nConnection: {abuse}\r\n{token}\r\n")
            self.assertTrue(answer.startswith("HTTP/1.1 400"), answer[:100])

    def test_only_one_credential_counts(self):
        for headers, status in (
                ({"Authorization": f"bearer {self.token}"}, 200),
                ({"Authorization": f"BEARER  {self.token}"}, 200),
                ({"Authorization": f"Basic eDp5, Bearer {self.token}"}, 401),
                ({"Authorization": "Basic eDp5"}, 401)):
            self.assertEqual(self.gateway.get(headers=headers).status, status, headers)
        self.assertEqual(self.gateway.get(path=f"/orders?access_token={self.token}").status, 401)

    def test_no_spelling_of_the_path_goes_round_the_decision(self):
        for path in ("//orders", "/./orders", "/x/../orders", "/x/%2e%2e/orders", "/%6frders",
                     "/orders;a=b", "/ORDERS", "/orders/", "/_rescind", "/orders?x=/public"):
            for method in ("GET", "HEAD", "OPTIONS", "POST", "DELETE"):
                answer = self.gateway.get(path=path, method=method, headers={
                    "X-Original-URI": "/public", "X-Forwarded-Uri": "/public",
                    "X-Original-URL": "http://x/public"})
                self.assertIn(answer.status, (401, 404), (method, path, answer))
                self.assertNotIn(b"A-1", answer.body)

    def test_cannot_decide_is_503_and_not_403(self):
        self.authz[0].process.freeze()
        self.authority.process.freeze()
        self.authz[0].process.go_on()
        until(lambda: self.gateway.get(self.token).status == 503, "stale is told")
        self.assertEqual(self.gateway.get(self.token).headers["retry-after"], "1")
        self.authority.process.go_on()


if __name__ == "__main__":
    unittest.main(verbosity=2)
