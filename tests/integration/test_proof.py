"""Who has applied a revocation, and how long it took: receipts, the canary, and the commands that show it."""

import http.server
import json
import os
import pty
import re
import signal
import subprocess
import threading
import unittest

from processes import DEADLINE, RESCIND, Authority, Authz, Folder, Gateway, basic, request, until


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


class Command:
    """`rescind …` run to its end, as the client `admin`."""

    def __init__(self, authority, *arguments):
        done = subprocess.run([RESCIND, *arguments], env=environment(authority), timeout=3 * DEADLINE,
                              capture_output=True, text=True, check=False)
        self.exit, self.out, self.error = done.returncode, done.stdout, done.stderr

    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"<{self.exit} {self.out!r} {self.error!r}>"


def environment(authority):
    return {**os.environ, "RESCIND_ADDR": authority.issuer, "RESCIND_CLIENT_ID": "admin",
            "RESCIND_CLIENT_SECRET": "admin-secret-for-tests", "TERM": "xterm"}


class Terminal:
    """`rescind …` on a terminal of its own; what it has drawn so far is in `seen`."""

    def __init__(self, authority, *arguments):
        near, far = pty.openpty()
        self.near = near
        self.child = subprocess.Popen([RESCIND, *arguments], env=environment(authority),
                                      stdin=far, stdout=far, stderr=far, start_new_session=True)
        os.close(far)
        self.seen = ""
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        try:
            while data := os.read(self.near, 65536):
                self.seen += data.decode(errors="replace")
        except OSError:
            pass  # the other end is gone

    def end(self):
        self.child.send_signal(signal.SIGINT)
        self.child.wait(DEADLINE)
        self.reader.join(DEADLINE)
        os.close(self.near)


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
        metrics = request(self.authority.admin_port, "GET", "/metrics").body.decode()
        states = dict(re.findall(r'^rescind_followers\{state="(\w+)"\} (\d+)', metrics, re.MULTILINE))
        self.assertEqual(sum(map(int, states.values())), 2, states)
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
        largest = 8 << 20  # a manifest
        limit, small = largest + 16 * 1024, 64 * 1024

        def receipt(proof):
            return ('{"follower":"f","position":"%s","hash":"%s","proof":"%s"}'
                    % (position, "0" * 64, "A" * proof))

        def announced(length, headers):
            """The status where only the head is sent: what is too long is refused by it."""
            return self.authority.call("POST", path, "",
                                       {**headers, "Content-Length": str(length)}).status

        answer = self.authority.call("POST", path, receipt(largest), who)
        self.assertEqual(answer.status, 400, answer)
        self.assertIn("no proof", answer.json()["detail"], "read, and found wanting")
        answer = self.authority.call("POST", path, receipt(largest + 1), who)
        self.assertIn('"proof"', answer.json()["detail"])
        full = receipt(1)
        full += " " * (limit - len(full))
        self.assertEqual(self.authority.call("POST", path, full, who).status, 400)
        self.assertEqual(announced(limit + 1, who), 413)

        # Who may not follow is not listened to for long.
        nobody = {"Content-Type": "application/json"}
        padded = receipt(1) + " " * (small - len(receipt(1)))
        self.assertEqual(self.authority.call("POST", path, padded, nobody).status, 401)
        for headers in (nobody, {**nobody, **basic("unknown")}):
            self.assertEqual(announced(small + 1, headers), 413)


class NoFollowers(World):
    followers = 0

    def test_that_nobody_has_reported_is_said_and_is_no_proof(self):
        reply = self.authority.revoke("sid", "s_nobody", wait=1)
        self.assertEqual(reply["propagation"]["complete"], False)
        self.assertEqual(reply["propagation"]["state"], "no_followers")
        done = Command(self.authority, "revoke", "session", "s_nobody", "--wait=1s")
        self.assertEqual(done.exit, 8, done)
        self.assertIn("revoked in batch", done.out + done.error)
        self.assertIn("nobody but the authority is known to refuse it", done.error)
        name = reply["id"]
        done = Command(self.authority, "revocation", "get", name, "--watch", "--timeout", "1s")
        self.assertEqual(done.exit, 8, done)
        self.folder.keep(Authz(self.folder.path, self.authority, "late")).start()
        done = Command(self.authority, "revocation", "get", name, "--watch", "--timeout", "60s")
        self.assertEqual(done.exit, 0, done)


class Commands(World):
    def test_revoke_and_get_show_a_table_with_times_and_exit_by_what_came_of_it(self):
        done = Command(self.authority, "revoke", "session", "s_nobody", "--wait=10s")
        self.assertEqual(done.exit, 0, done)
        self.assertRegex(done.out, r"authz-0 +applied +\d+\.\d ms")
        self.authz[1].process.freeze()
        done = Command(self.authority, "revoke", "session", "s_other", "--wait=1s")
        self.assertEqual(done.exit, 8, done)
        self.assertRegex(done.error, r"authz-1 \(accepts, \d+s at most; then it refuses\)")
        self.assertNotIn("authz-0", done.error)
        name = re.search(r"\((\d+\.\d+\.\d+)\)", done.out)[1]
        done = Command(self.authority, "revocation", "get", name)
        self.assertEqual(done.exit, 0, done)
        self.assertRegex(done.out, r"authz-1 +missing")
        done = Command(self.authority, "revocation", "get", name, "--watch", "--timeout", "1s")
        self.assertEqual(done.exit, 8, done)
        self.assertRegex(done.out, r"^authz-0  applied  \d+\.\d ms\nauthz-1  missing  accepts")
        self.assertIn("authz-1", done.error)

    def test_watching_ends_when_the_last_one_has_applied_it(self):
        self.authz[1].process.freeze()
        reply = self.authority.revoke("sid", "s_nobody")
        watching = subprocess.Popen(
            [RESCIND, "revocation", "get", reply["id"], "--watch", "--timeout", "60s", "-o", "jsonl"],
            env=environment(self.authority), stdout=subprocess.PIPE, text=True)
        with watching:
            events = [json.loads(watching.stdout.readline())]
            self.authz[1].process.go_on()
            events += [json.loads(line) for line in watching.stdout]
            self.assertEqual(watching.wait(DEADLINE), 0)
        self.assertEqual(events[-1], {"complete": True})
        self.assertEqual({e["name"] for e in events[:-1] if e["state"] == "applied"},
                         {"authz-0", "authz-1"})
        terminal = Terminal(self.authority, "revocation", "get", reply["id"], "--watch")
        self.assertEqual(terminal.child.wait(DEADLINE), 0)
        terminal.reader.join(DEADLINE)
        self.assertIn("FOLLOWER", terminal.seen)
        self.assertEqual(Command(self.authority, "revocation", "get", "1.2.3", "--watch").exit, 5)

    def test_top_is_one_frame_without_a_terminal_and_a_living_one_with_it(self):
        self.authority.revoke("sid", "s_nobody", wait=10)
        for arguments in (["top"], ["top", "--once"]):
            done = Command(self.authority, *arguments)
            self.assertEqual(done.exit, 0, done)
            self.assertRegex(done.out, r"head \d+\.\d+   1 revocations   delay p50 \d+\.\d ms")
            self.assertRegex(done.out, r"authz-0 +current .* http +refuse after 30s")
        self.assertEqual(len(Command(self.authority, "top", "-o", "json").json()["followers"]), 2)
        terminal = Terminal(self.authority, "top", "--every", "100ms")
        self.addCleanup(lambda: terminal.child.poll() is None and terminal.end())
        until(lambda: "1 revocations (0.0/s)" in terminal.seen, "a second frame")
        self.authority.revoke("sid", "s_other", wait=10)
        until(lambda: "2 revocations" in terminal.seen, "a later frame")
        terminal.end()
        done = Command(self.authority, "follower", "ls")
        self.assertRegex(done.out, r"authz-1 +current")


class Routes(unittest.TestCase):
    """probe and drill: against nginx with forward authentication, and against routes that do not look."""

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.authority = self.folder.keep(Authority(self.folder.path)).start()
        self.authz = self.folder.keep(Authz(self.folder.path, self.authority,
                                            gateway={"answers": "nginx"})).start()
        self.gateway = self.folder.keep(Gateway(self.folder.path, self.authz))
        self.url = f"http://127.0.0.1:{self.gateway.port}/orders"
        self.addCleanup(self.no_session_is_left)

    def no_session_is_left(self):
        sessions = self.authority.as_admin("GET", "/v1/sessions?subject=rescind-probe").json()
        self.assertEqual([s for s in sessions["sessions"] if s["state"] == "active"], [])

    def serve(self, decide):
        """A route that answers what `decide(token)` says; returns its URL."""

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802
                token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
                self.send_response(decide(token))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}/"

    def test_a_route_that_looks_is_refused_within_a_measured_time(self):
        done = Command(self.authority, "probe", self.url)
        self.assertEqual(done.exit, 0, done)
        self.assertRegex(done.out, r"refused \d+\.\d ms after the revocation \(401, signed out\)")
        self.authority.add_user("carol", "correct horse")
        password = self.folder.path / "password"
        password.write_text("correct horse\n")
        done = Command(self.authority, "probe", self.url, "--user", "carol",
                       "--password", f"@{password}", "-o", "json")
        self.assertEqual(done.exit, 0, done)
        self.assertEqual(done.json()["finding"], "refused")
        self.assertLessEqual(done.json()["refused_ms"], done.json()["settled_ms"])

    def test_routes_that_do_not_look_are_found(self):
        never = self.serve(lambda token: 200 if token else 401)
        done = Command(self.authority, "probe", never, "--timeout", "1s")
        self.assertEqual(done.exit, 10, done)
        self.assertIn("does not look at revocations", done.out)
        done = Command(self.authority, "probe", self.serve(lambda _: 200))
        self.assertEqual(done.exit, 10, done)
        self.assertIn("without any token", done.out)
        done = Command(self.authority, "probe", self.url, "--audience", "elsewhere")
        self.assertNotEqual(done.exit, 0, done)
        done = Command(self.authority, "probe", self.serve(lambda _: 401))
        self.assertEqual(done.exit, 9, done)
        self.assertIn("audience or scope", done.out)
        done = Command(self.authority, "probe", self.serve(lambda token: 500 if token else 401))
        self.assertEqual(done.exit, 1, done)
        done = Command(self.authority, "probe", "http://127.0.0.1:1/")
        self.assertEqual(done.exit, 7, done)

    def test_one_of_several_behind_an_address_that_does_not_look_is_found(self):
        answers = []

        def every_third_looks_away(token):
            if not token:
                return 401
            active = self.authority.introspect(token).json()["active"]
            answers.append(active)
            return 200 if active or len(answers) % 3 == 0 else 401

        done = Command(self.authority, "probe", self.serve(every_third_looks_away),
                       "--timeout", "2s")
        self.assertEqual(done.exit, 10, done)

    def test_a_drill_is_repeated_and_measured(self):
        done = Command(self.authority, "drill", self.url, "--every", "10ms", "--max", "20s",
                       "--count", "3", "-o", "jsonl")
        self.assertEqual(done.exit, 0, done)
        lines = [json.loads(line) for line in done.out.splitlines()]
        self.assertEqual([line["finding"] for line in lines[:3]], ["refused"] * 3)
        self.assertEqual(lines[3]["drills"], 3)
        self.assertLessEqual(lines[3]["p50_ms"], lines[3]["max_ms"])

    def test_a_drill_ends_at_a_breach_and_in_order_when_it_is_told_to(self):
        slow = self.serve(lambda token: 200 if token else 401)
        done = Command(self.authority, "drill", slow, "--timeout", "1s", "--every", "1h")
        self.assertEqual(done.exit, 10, done)
        done = Command(self.authority, "drill", self.url, "--max", "x")
        self.assertEqual(done.exit, 2, done)
        with subprocess.Popen([RESCIND, "drill", self.url, "--every", "1h", "--max", "20s"],
                              env=environment(self.authority), stdout=subprocess.PIPE,
                              text=True) as drill:
            self.assertIn("refused", drill.stdout.readline())
            drill.send_signal(signal.SIGTERM)
            self.assertIn("1 drills", drill.stdout.read())
            self.assertEqual(drill.wait(DEADLINE), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
