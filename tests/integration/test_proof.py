"""Who has applied a revocation, and how long it took: receipts, the canary, and the commands that show it."""

import re
import unittest

from processes import Authority, Authz, Folder, basic, request, until


class World(unittest.TestCase):
    followers = 2
    settings = {}

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.authority = self.folder.keep(Authority(self.folder.path, **self.settings)).start()
        self.authz = [
            self.folder.keep(Authz(self.folder.path, self.authority, f"authz-{i}")).start()
            for i in range(self.followers)
        ]
        self.user = self.authority.add_user()
        until(lambda: len(self.follower_list()) == self.followers, "all have reported")

    def view(self):
        return self.authority.as_admin("GET", "/v1/followers").json()

    def follower_list(self):
        return self.view()["followers"]

    def measured(self, transport="http"):
        """How often the way to a follower was measured, by the histogram."""
        text = request(self.authority.admin_port, "GET", "/metrics").body.decode()
        found = re.search(r'^rescind_propagation_seconds_count\{transport="%s"\} (\d+)' % transport,
                          text, re.MULTILINE)
        return int(found[1]) if found else 0


class Canary(World):
    settings = {"feed": {"canary": "100ms"}}

    def test_keeps_the_measurement_alive_and_stands_in_no_list(self):
        until(lambda: self.measured() >= 10, "the canary is measured")
        view = self.view()
        self.assertGreaterEqual(view["propagation"]["measured"], 10)
        self.assertLessEqual(view["propagation"]["p50_ms"], view["propagation"]["p99_ms"])
        self.assertEqual(view["revocations"], 0)
        for follower in view["followers"]:
            self.assertEqual(follower["road"], "http")
            self.assertEqual(follower["when_stale"], "refuse")
            self.assertIn("last_delay_ms", follower)
        listed = self.authority.as_admin("GET", "/v1/revocations").json()
        self.assertEqual(listed, {"revocations": []})
        self.assertNotIn("canary", self.authority.log())


class Receipts(World):
    def test_a_revocation_says_who_has_applied_it_and_when(self):
        pair = self.authority.login()
        before = self.measured()
        answer = self.authority.as_admin("POST", "/v1/revocations",
                                         {"claim": "sid", "value": pair["session_id"]},
                                         {"Prefer": "wait=10"})
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(answer.headers["revocation-position"], answer.json()["position"])
        for follower in answer.json()["propagation"]["followers"]:
            self.assertEqual(follower["state"], "applied")
            self.assertGreater(follower["after_ms"], 0)
        self.assertEqual(self.measured(), before + self.followers)

    def test_one_that_is_not_waited_for_is_measured_too(self):
        before = self.measured()
        self.authority.revoke("sid", "s_nobody")
        until(lambda: self.measured() == before + self.followers, "measured with the next receipt")

    def test_who_has_not_applied_it_says_what_it_does_meanwhile(self):
        self.authz[1].process.freeze()
        reply = self.authority.revoke("sid", "s_nobody", wait=1)
        self.assertFalse(reply["propagation"]["complete"])
        state = {f["name"]: f for f in reply["propagation"]["followers"]}
        self.assertEqual(state["authz-0"]["state"], "applied")
        self.assertEqual(state["authz-1"]["state"], "missing")
        self.assertEqual(state["authz-1"]["when_stale"], "refuse")
        self.assertEqual(state["authz-1"]["max_staleness_ms"], 30000)
        self.assertNotIn("after_ms", state["authz-1"])
        behind = {f["name"]: f for f in self.follower_list()}["authz-1"]
        self.assertEqual((behind["state"], behind["behind_batches"]), ("behind", 1))
        self.assertGreaterEqual(behind["behind_ms"], 1000)

    def test_a_receipt_may_be_as_large_as_the_largest_proof_and_no_larger(self):
        path, who = "/v1/feed/receipts", {**basic("follower"), "Content-Type": "application/json"}
        position = self.view()["head"]
        limit = (512 + 16) * 1024

        def receipt(proof):
            return ('{"follower":"f","position":"%s","hash":"%s","proof":"%s"}'
                    % (position, "0" * 64, "A" * proof))

        answer = self.authority.call("POST", path, receipt(512 * 1024), who)
        self.assertEqual(answer.status, 400, answer)
        self.assertIn("no proof", answer.json()["detail"], "read, and found wanting")
        answer = self.authority.call("POST", path, receipt(512 * 1024 + 1), who)
        self.assertIn('"proof"', answer.json()["detail"])
        full = receipt(1)
        full += " " * (limit - len(full))
        self.assertEqual(self.authority.call("POST", path, full, who).status, 400)
        self.assertEqual(self.authority.call("POST", path, full + " ", who).status, 413)


if __name__ == "__main__":
    unittest.main(verbosity=2)
