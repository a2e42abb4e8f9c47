"""`Revocation-Position`: who has revoked something is not told of what was before it."""

import contextlib
import re
import socket
import threading
import unittest

from processes import DEADLINE, Authority, Authz, Folder, Gateway, basic, bearer, request, until


class Held:
    """A way to the authority on which everything it says can be held back, and let go."""

    def __init__(self, to):
        self.to = to
        self.free = threading.Event()
        self.free.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return  # closed
            far = socket.create_connection(("127.0.0.1", self.to))
            threading.Thread(target=self.copy, args=(near, far, None), daemon=True).start()
            threading.Thread(target=self.copy, args=(far, near, self.free), daemon=True).start()

    @staticmethod
    def copy(source, sink, gate):
        with contextlib.suppress(OSError), source:  # one of the two has ended
            while data := source.recv(65536):
                if gate:
                    gate.wait()
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


class Positions(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.authority = self.folder.keep(Authority(self.folder.path)).start()
        self.way = Held(self.authority.port)
        self.addCleanup(self.way.listener.close)
        self.addCleanup(self.way.free.set)
        self.authority.add_user()

    def follow(self, wait):
        authz = self.folder.keep(Authz(self.folder.path, self.authority, feed_port=self.way.port,
                                       revocation={"position_wait": wait})).start()
        pair = self.authority.login()
        until(lambda: authz.check(pair["access_token"]).status == 200, "its keys are known")
        return authz, pair

    @staticmethod
    def waits(authz):
        text = request(authz.admin_port, "GET", "/metrics").body.decode()
        return int(re.search(r"^rescind_position_waits_total (\d+)", text, re.MULTILINE)[1])

    def test_a_request_waits_for_the_revocation_that_its_caller_knows_of(self):
        authz, pair = self.follow("5s")
        gateway = self.folder.keep(Gateway(self.folder.path, authz))
        self.way.free.clear()
        answer = self.authority.call("POST", "/v1/logout", {}, bearer(pair["access_token"]))
        position = answer.headers["revocation-position"]
        self.assertEqual(position, answer.json()["position"])
        answers = []
        ask = threading.Thread(target=lambda: answers.append(gateway.get(
            pair["access_token"], headers={"Revocation-Position": position})))
        ask.start()
        until(lambda: self.waits(authz) == 1, "it waits")
        self.way.free.set()
        ask.join(DEADLINE)
        self.assertEqual(answers[0].status, 401, answers)
        self.assertEqual(self.waits(authz), 1)

    def test_what_callers_invent_is_ignored_after_a_bounded_wait(self):
        authz, pair = self.follow("200ms")
        token = pair["access_token"]
        self.assertEqual(authz.check(token, **{"Revocation-Position": "1.1"}).status, 200)
        for invented in ("nonsense", "1", "-1.1", "01.1", "1.1.1", "99999999999999999999.1"):
            self.assertEqual(authz.check(token, **{"Revocation-Position": invented}).status, 200)
        self.assertEqual(self.waits(authz), 0, "these are no positions, or reached")
        head = self.authority.as_admin("GET", "/v1/followers").json()["head"]
        term, number = map(int, head.split("."))
        for invented in (f"{term}.{number + 1000000}", f"{term + 1}.1",
                         "18446744073709551615.18446744073709551615"):
            self.assertEqual(authz.check(token, **{"Revocation-Position": invented}).status, 200)
        self.assertEqual(self.waits(authz), 3)
        self.assertEqual(authz.check(token + "x", **{"Revocation-Position": "99.1"}).status, 401)

    def test_the_authority_itself_is_never_behind(self):
        pair = self.authority.login()
        self.authority.revoke("sid", pair["session_id"])
        for position in ("1.1", "nonsense", "18446744073709551615.1"):
            answer = self.authority.call(
                "POST", "/oauth2/introspect", {"token": pair["access_token"]},
                {**basic("reader"), "Content-Type": "application/x-www-form-urlencoded",
                 "Revocation-Position": position})
            self.assertEqual(answer.body, b'{"active":false}')
            answer = self.authority.call("GET", "/v1/me", None, {**bearer(pair["access_token"]),
                                                                 "Revocation-Position": position})
            self.assertEqual(answer.status, 401)


if __name__ == "__main__":
    unittest.main(verbosity=2)
