"""What operators meet: bad input, a locked database, a full disk, races, secrets that must not leak."""

import concurrent.futures
import resource
import signal
import sqlite3
import threading
import unittest

from processes import Authority, Authz, Folder, basic, bearer, request, until


class Operations(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.authority = self.folder.keep(Authority(self.folder.path)).start()
        self.user = self.authority.add_user()

    def follow(self):
        return self.folder.keep(Authz(self.folder.path, self.authority)).start()

    def revocations(self):
        return self.authority.as_admin("GET", "/v1/revocations?limit=1000").json()["revocations"]

    def test_bad_input_is_told_as_problem_details_and_changes_nothing(self):
        pair = self.authority.login()
        admin, reader = basic("admin"), basic("reader")
        json_type = {"Content-Type": "application/json"}
        before = self.revocations()
        cases = [
            # what, method, path, body, headers, status
            ("malformed JSON", "POST", "/v1/revocations", "{", {**admin, **json_type}, 400),
            ("not an object", "POST", "/v1/revocations", "[]", {**admin, **json_type}, 400),
            ("unknown member", "POST", "/v1/revocations",
             {"claim": "sid", "value": "s", "extra": 1}, admin, 400),
            ("a member twice", "POST", "/v1/revocations",
             '{"claim":"sid","claim":"sub","value":"s"}', {**admin, **json_type}, 400),
            ("no content type", "POST", "/v1/revocations", "x", admin, 415),
            ("a claim that no rule declares", "POST", "/v1/revocations",
             {"claim": "tenant", "value": "x"}, admin, 400),
            ("a foreign issuer without rules", "POST", "/v1/revocations",
             {"claim": "sub", "value": "x", "issuer": "https://elsewhere.example"}, admin, 400),
            ("a cut that lies ahead", "POST", "/v1/revocations",
             {"claim": "sub", "value": "x", "cut": "9999999999999.1"}, admin, 400),
            ("a value of a wrong type", "POST", "/v1/revocations",
             {"claim": "sid", "value": [1]}, admin, 400),
            ("too many at once", "POST", "/v1/revocations",
             {"revocations": [{"claim": "sid", "value": f"s{i}"} for i in range(1001)]}, admin, 413),
            ("one of many is wrong", "POST", "/v1/revocations",
             {"revocations": [{"claim": "sid", "value": "s"}, {"claim": "no", "value": "s"}]},
             admin, 400),
            ("nobody", "POST", "/v1/revocations", {"claim": "sid", "value": "s"}, {}, 401),
            ("a wrong secret", "POST", "/v1/revocations", {"claim": "sid", "value": "s"},
             {"Authorization": "Basic YWRtaW46d3Jvbmc="}, 401),
            ("without the right", "POST", "/v1/revocations", {"claim": "sid", "value": "s"},
             reader, 403),
            ("a user's token is no right", "POST", "/v1/revocations",
             {"claim": "sid", "value": "s"}, bearer(pair["access_token"]), 403),
            ("wrong method", "PUT", "/v1/revocations", {"claim": "sid", "value": "s"}, admin, 405),
            ("no such path", "GET", "/v1/nothing", None, admin, 404),
            ("a body over the limit", "POST", "/v1/login",
             {"username": "x" * 70000, "password": "y"}, {}, 413),
            ("a header over the limit", "GET", "/v1/me", None, {"X-Long": "x" * 20000}, 431),
            ("a bad cursor", "GET", "/v1/revocations?after=nonsense", None, admin, 400),
            ("a bad position", "GET", "/v1/feed?after=nonsense", None,
             {**basic("follower"), "Accept": "application/json"}, 400),
            ("a position of no history", "GET", "/v1/feed?after=1.999999&wait=0s", None,
             {**basic("follower"), "Accept": "application/json"}, 409),
            ("the feed for nobody", "GET", "/v1/feed", None, {}, 401),
            ("a forged receipt", "POST", "/v1/feed/receipts",
             {"follower": "x", "position": "1.1", "hash": "A" * 43, "policy": "refuse 30000"},
             basic("follower"), None),
            ("a receipt of nobody", "POST", "/v1/feed/receipts",
             {"follower": "x", "position": "1.1", "hash": "A" * 43, "policy": "p"}, {}, 401),
        ]
        for what, method, path, body, headers, status in cases:
            answer = self.authority.call(method, path, body, headers)
            if status is None:
                self.assertIn(answer.status, range(400, 500), what)
            else:
                self.assertEqual(answer.status, status, (what, answer))
            if method != "HEAD":
                self.assertIn("application/problem+json", answer.headers.get("content-type", ""),
                              (what, answer))
        self.assertEqual(self.revocations(), before)
        followers = self.authority.as_admin("GET", "/v1/followers").json()["followers"]
        self.assertEqual(followers, [])
        # The good twin.
        self.authority.revoke("sid", pair["session_id"])
        self.assertEqual(len(self.revocations()), len(before) + 1)

    def test_a_locked_database_is_503_and_heals_by_itself(self):
        authz = self.follow()
        pair = self.authority.login()
        self.assertEqual(authz.check(pair["access_token"]).status, 200)
        lock = sqlite3.connect(self.authority.database, isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        for path, body, headers in (
                ("/v1/revocations", {"claim": "sid", "value": pair["session_id"]}, basic("admin")),
                ("/v1/refresh-token", {"refresh_token": pair["refresh_token"]}, {}),
                ("/v1/login", {"username": "alice", "password": "correct horse"}, {})):
            answer = self.authority.call("POST", path, body, headers, timeout=20)
            self.assertEqual(answer.status, 503, (path, answer))
            self.assertIn("retry-after", answer.headers)
        self.assertEqual(authz.check(pair["access_token"]).status, 200)
        lock.execute("ROLLBACK")
        lock.close()
        again = until(lambda: (a := self.authority.refresh(pair["refresh_token"])).status == 200
                      and a.json(), "refreshes again")
        self.authority.revoke("sid", pair["session_id"], wait=5)
        self.assertEqual(authz.check(again["access_token"]).status, 401)

    def test_a_full_disk_is_503_no_false_ok_and_heals_by_itself(self):
        authz = self.follow()
        pair = self.authority.login()
        wal = self.authority.database.with_name("rescind.db-wal")
        soft, hard = resource.prlimit(self.authority.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.authority.process.pid, resource.RLIMIT_FSIZE,
                         (wal.stat().st_size, hard))
        answer = until(lambda: (a := self.authority.as_admin(
            "POST", "/v1/revocations", {"claim": "sid", "value": "s_x"})).status == 503 and a,
            "the disk is full")
        self.assertIn("retry-after", answer.headers)
        resource.prlimit(self.authority.process.pid, resource.RLIMIT_FSIZE, (soft, hard))
        until(lambda: self.authority.as_admin(
            "POST", "/v1/revocations", {"claim": "sid", "value": pair["session_id"]}).status == 201,
            "there is room again")
        until(lambda: authz.check(pair["access_token"]).status == 401, "refused")

    def test_of_a_hundred_refreshes_of_one_token_exactly_one_rotates(self):
        # D26 over HTTP, without grace: everybody else has shown a used token.
        self.authority.process.stop()
        self.authority.settings = {"authority": {"reuse_grace": "0s"}}
        self.authority.write_config()
        self.authority.start()
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            for _ in range(5):
                pair = self.authority.login()
                start = threading.Barrier(32)

                def present(token):
                    start.wait(10)
                    return self.authority.refresh(token).status

                statuses = list(pool.map(present, [pair["refresh_token"]] * 32))
                self.assertEqual(statuses.count(200), 1, statuses)
                self.assertEqual(statuses.count(401), 31, statuses)
                self.assertEqual(self.authority.introspect(pair["access_token"]).body,
                                 b'{"active":false}')

    def test_a_login_that_races_with_a_new_password_does_not_survive_it(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for i in range(5):
                name = f"racer{i}"
                user = self.authority.add_user(name, "the old password")
                logins = [pool.submit(self.authority.call, "POST", "/v1/login",
                                      {"username": name, "password": "the old password"})
                          for _ in range(3)]
                changed = self.authority.as_admin("POST", f"/v1/accounts/{user}/password",
                                                  {"password": "the new password"})
                self.assertEqual(changed.status, 200, changed)
                for login in logins:
                    answer = login.result()
                    if answer.status != 200:
                        continue
                    token = answer.json()["access_token"]
                    self.assertEqual(self.authority.introspect(token).body, b'{"active":false}')
                    self.assertEqual(
                        self.authority.refresh(answer.json()["refresh_token"]).status, 401)
                fresh = self.authority.login(name, "the new password")
                self.assertTrue(self.authority.introspect(fresh["access_token"]).json()["active"])

    def test_revocation_by_oauth_does_what_rfc_7009_says(self):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        pair = self.authority.login()

        def revoke(fields, headers=None):
            return self.authority.call("POST", "/oauth2/revoke", fields, {**form, **(headers or {})})

        own = {"client_id": "first-party"}
        self.assertEqual(revoke({"token": "unknown", **own}).status, 200)
        self.assertEqual(revoke(own).status, 400)
        # Another client's token is not revoked.
        revoke({"token": pair["refresh_token"]}, basic("portal"))
        self.assertTrue(self.authority.introspect(pair["access_token"]).json()["active"])
        # A wrong hint must not keep it from being found.
        answer = revoke({"token": pair["refresh_token"], "token_type_hint": "access_token", **own})
        self.assertEqual(answer.status, 200)
        self.assertEqual(self.authority.introspect(pair["access_token"]).body, b'{"active":false}')
        self.assertEqual(revoke({"token": pair["refresh_token"], **own}).status, 200)
        self.assertEqual(self.authority.call("POST", "/oauth2/introspect",
                                             {"token": pair["access_token"]}, form).status, 401)

    def test_no_secret_lies_in_a_log_the_database_or_an_error(self):
        # D54: each of these goes through every flow that takes one.
        authz = self.follow()
        password = "canary-password-3141592653"
        self.authority.add_user("canary", password)
        pair = self.authority.login("canary", password)
        second = self.authority.refresh(pair["refresh_token"]).json()
        authz.check(pair["access_token"])
        authz.check(second["access_token"] + "x")
        self.authority.call("POST", "/v1/login", {"username": "canary", "password": password + "!"})
        errors = self.authority.refresh(second["refresh_token"] + "x").body
        self.authority.call("POST", "/v1/logout", {}, bearer(second["access_token"]))
        self.authority.process.stop()
        authz.process.stop()
        secrets = [password, pair["access_token"], second["access_token"], pair["refresh_token"],
                   second["refresh_token"], pair["access_token"].split(".")[2]]
        secrets += [f"{client}-secret-for-tests" for client in ("admin", "follower", "reader")]
        files = [file for file in self.folder.path.iterdir()
                 if file.suffix not in (".yaml",) and file.is_file()]
        self.assertTrue(any(file.suffix == ".db" for file in files))
        for file in files:
            content = file.read_bytes()
            for secret in secrets:
                self.assertNotIn(secret.encode(), content, file.name)
        for secret in secrets:
            self.assertNotIn(secret.encode(), errors)

    def test_a_draining_authority_answers_what_it_has_and_ends_in_order(self):
        self.assertEqual(self.authority.process.stop(), 0)
        self.authority.start()
        self.authority.login()
        metrics = request(self.authority.admin_port, "GET", "/metrics").body.decode()
        self.assertIn("rescind_logins_total", metrics)
        self.assertEqual(request(self.authority.admin_port, "GET", "/healthz/live").status, 200)

    def test_a_reload_takes_the_logs_level_and_keeps_what_it_has_where_that_is_wrong(self):
        text = self.authority.config.read_text()
        self.authority.config.write_text(text.replace('"version": 1', '"version": 1, "nonsense": 1'))
        self.authority.process.child.send_signal(signal.SIGHUP)
        until(lambda: "not reloaded" in self.authority.log(), "the mistake is told")
        self.authority.config.write_text(
            text.replace('"version": 1', '"version": 1, "log": {"level": "debug"}'))
        self.authority.process.child.send_signal(signal.SIGHUP)
        until(lambda: "level=debug" in self.authority.log(), "reloaded")
        self.authority.login()


if __name__ == "__main__":
    unittest.main(verbosity=2)
