"""The feed over WebSocket: with real processes, killed and frozen on the way, and with a foreign
implementation (the Python package `websockets`) at either end."""

import contextlib
import fcntl
import http.client
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import threading
import unittest

from processes import Authority, Authz, Folder, Process, basic, free_port, request, until
from test_proof import Command
from test_tree import BELOW, TreeAgent, basic_of

PACKAGE = "websockets==17.4"


def foreign_implementation():
    """Fetched once into the build folder; why there is none, where it cannot be had."""
    folder = pathlib.Path(os.environ["RESCIND_PYTHON_DIR"])
    folder.mkdir(parents=True, exist_ok=True)
    quietly = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "check": True,
               "env": {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_RETRIES": "1",
                       "PIP_TIMEOUT": "30"}}
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (packages := list(folder.glob("lib/*/site-packages/websockets"))):
            try:
                subprocess.run([sys.executable, "-m", "venv", str(folder)], **quietly)
                subprocess.run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet",
                                "--no-deps", PACKAGE], **quietly)
            except subprocess.CalledProcessError as error:
                return (error.stderr or error.stdout).strip().splitlines()[-1:] or ["pip failed"]
            packages = list(folder.glob("lib/*/site-packages/websockets"))
    sys.path.insert(0, str(packages[0].parent))
    return None


class World(unittest.TestCase):
    """Authority, an agent that follows over a WebSocket, and below it who decides, likewise."""

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.authority = self.folder.keep(
            Authority(self.folder.path, feed={"heartbeat": "200ms"}).start())
        self.user = self.authority.add_user()

    def socket_url(self, port):
        return f"ws://127.0.0.1:{port}/v1/feed"

    def start_authz(self, name="authz", port=None, **settings):
        settings = {"revocation": {"max_staleness": "2s"}, **settings}
        settings["feed"] = {"url": self.socket_url(port or self.authority.port),
                            "heartbeat": "200ms", **settings.get("feed", {})}
        return self.folder.keep(
            Authz(self.folder.path, self.authority, name, **settings)).start()


    def make_certificate(self, name):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
             "subjectAltName=IP:127.0.0.1", "-keyout", f"{name}.key", "-out", f"{name}.pem"],
            cwd=self.folder.path, check=True, capture_output=True)

    def wait_until_known(self, name):
        """Who has not reported yet is not waited for."""
        until(lambda: name in [f["name"] for f in self.authority.as_admin(
            "GET", "/v1/followers").json()["followers"]], f"{name} has reported")


class OverWebSocket(World):
    def assert_refused_soon(self, authz, token):
        until(lambda: authz.check(token).status == 401, f"{authz.name} refuses")

    def test_revocations_come_down_and_receipts_go_up(self):
        authz = self.start_authz()
        self.wait_until_known("authz")
        for _ in range(5):
            pair = self.authority.login()
            reply = self.authority.revoke("sid", pair["session_id"], wait=10)
            self.assertTrue(reply["propagation"]["complete"], reply)
            self.assertEqual(authz.check(pair["access_token"]).status, 401)
        listed = Command(self.authority, "follower", "ls")
        self.assertEqual(listed.exit, 0, listed)
        self.assertRegex(listed.out, r"authz +current")
        followers = self.authority.as_admin("GET", "/v1/followers").json()["followers"]
        self.assertEqual([(f["name"], f["road"]) for f in followers], [("authz", "ws")])

    def test_an_agent_and_who_is_below_it_follow_over_websockets(self):
        agent = TreeAgent(self.folder.path, self.authority, self.authority.port, "agent",
                          feed={"url": self.socket_url(self.authority.port)})
        self.addCleanup(agent.stop)
        agent.start()
        authz = self.start_authz(
            "below", agent.port, issuer={"jwks_url": f"{self.authority.issuer}/.well-known/jwks.json"},
            follower={"client_id": "below", "client_secret": BELOW})
        for _ in range(3):
            pair = self.authority.login()
            until(lambda: authz.check(pair["access_token"]).status == 200, "accepted")
            self.authority.revoke("sid", pair["session_id"])
            self.assert_refused_soon(authz, pair["access_token"])

    def test_an_authority_that_is_killed_or_frozen_is_noticed_and_followed_again(self):
        authz = self.start_authz()
        self.wait_until_known("authz")
        kept = self.authority.login()
        for harm in ("kill", "freeze"):
            pair = self.authority.login()
            until(lambda: authz.check(pair["access_token"]).status == 200, "accepts")
            if harm == "kill":
                authz.process.freeze()
                self.authority.revoke("sid", pair["session_id"])
                self.authority.process.kill()
                authz.process.go_on()
            else:
                self.authority.process.freeze()
            until(lambda: authz.check(kept["access_token"]).status == 503, "says that it is stale")
            if harm == "kill":
                self.authority.start()
                self.assert_refused_soon(authz, pair["access_token"])
            else:
                self.authority.process.go_on()
            until(lambda: authz.check(kept["access_token"]).status == 200, "fresh again")
        last = self.authority.login()
        reply = self.authority.revoke("sid", last["session_id"], wait=10)
        self.assertTrue(reply["propagation"]["complete"], reply)

    def test_an_authority_that_ends_in_order_says_so(self):
        authz = self.start_authz()
        self.authority.process.stop()
        until(lambda: "1001" in authz.log(), "the close is in the follower's log")


class BelowAnAgent(World):
    """An agent that follows over a WebSocket serves the feed on under TLS; who decides follows it
    over another."""

    def setUp(self):
        super().setUp()
        self.make_certificate("agent")
        of = self.folder.path
        self.agent = TreeAgent(
            of, self.authority, self.authority.port, "agent",
            feed={"url": self.socket_url(self.authority.port)},
            serve={"tls": {"cert": str(of / "agent.pem"), "key": str(of / "agent.key")}})
        self.addCleanup(self.agent.stop)
        self.agent.start()
        self.authz = self.start_authz(
            "below",
            feed={"url": f"wss://127.0.0.1:{self.agent.port}/v1/feed",
                  "ca_file": str(of / "agent.pem")},
            issuer={"jwks_url": f"{self.authority.issuer}/.well-known/jwks.json"},
            follower={"client_id": "below", "client_secret": BELOW})
        self.wait_until_known("below")

    def accepted(self):
        pair = self.authority.login()
        until(lambda: self.authz.check(pair["access_token"]).status == 200, "accepted")
        return pair

    def test_words_come_down_both_sockets_and_receipts_go_up(self):
        for _ in range(3):
            pair = self.accepted()
            reply = self.authority.revoke("sid", pair["session_id"], wait=10)
            self.assertTrue(reply["propagation"]["complete"], reply)
            self.assertEqual(self.authz.check(pair["access_token"]).status, 401)
        followers = self.authority.as_admin("GET", "/v1/followers").json()["followers"]
        self.assertEqual({f["name"]: f["road"] for f in followers}, {"agent": "ws", "below": "wss"})
        self.assertEqual(self.agent.metric("rescind_served_streams"), 1)
        self.assertEqual(self.agent.metric("rescind_served_followers"), 1)

    def test_an_agent_that_ends_says_so_and_one_that_is_killed_is_followed_again(self):
        for harm in ("stop", "kill", "freeze"):
            pair = self.accepted()
            getattr(self.agent.process, harm)()
            if harm == "stop":
                until(lambda: "1001" in self.authz.log(), "the close is in the follower's log")
            self.authority.revoke("sid", pair["session_id"])
            until(lambda: self.authz.check(pair["access_token"]).status == 503, "stale")
            if harm == "freeze":
                self.agent.process.go_on()
            else:
                self.agent.start()
            until(lambda: self.authz.check(pair["access_token"]).status == 401, "refused")
        self.accepted()

    def test_a_socket_is_for_clients_of_the_agent(self):
        trusted = ssl.create_default_context(cafile=self.folder.path / "agent.pem")
        for headers, status in (({}, 401), (basic("follower"), 401), (basic_of("below", BELOW), 101)):
            connection = http.client.HTTPSConnection("127.0.0.1", self.agent.port, timeout=10,
                                                     context=trusted)
            with contextlib.closing(connection):
                connection.request("GET", "/v1/feed", headers={
                    "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", **headers})
                self.assertEqual(connection.getresponse().status, status, headers)


# The location is that of docs/operations.md, under TLS.
NGINX = """
daemon off; worker_processes 1; pid nginx.pid; error_log stderr;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t; uwsgi_temp_path t; scgi_temp_path t;
  map $http_upgrade $connection_upgrade {{ default upgrade; "" ""; }}
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate proxy.pem;
    ssl_certificate_key proxy.key;
    location /v1/feed {{
      proxy_pass http://127.0.0.1:{authority};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header Host $http_host;
      proxy_read_timeout 60s;
    }}
  }}
}}
"""


@unittest.skipUnless(shutil.which("nginx"), "not run: nginx is not installed")
class ThroughAProxy(World):
    def start_nginx(self):
        self.nginx = self.folder.keep(Process(
            ["nginx", "-p", f"{self.folder.path}/", "-c", str(self.config), "-e", "stderr"],
            self.folder.path / "nginx.log"))

    def test_words_and_receipts_pass_and_its_end_is_noticed(self):
        port = free_port()
        self.config = self.folder.path / "nginx.conf"
        self.config.write_text(NGINX.format(port=port, authority=self.authority.port))
        self.make_certificate("proxy")
        self.start_nginx()
        authz = self.start_authz(
            feed={"url": f"wss://127.0.0.1:{port}/v1/feed",
                  "ca_file": str(self.folder.path / "proxy.pem")},
            issuer={"jwks_url": f"{self.authority.issuer}/.well-known/jwks.json"})
        self.wait_until_known("authz")
        for _ in range(2):
            pair = self.authority.login()
            until(lambda: authz.check(pair["access_token"]).status == 200, "accepted")
            reply = self.authority.revoke("sid", pair["session_id"], wait=10)
            self.assertTrue(reply["propagation"]["complete"], reply)
            self.assertEqual(authz.check(pair["access_token"]).status, 401)
            kept = self.authority.login()
            self.nginx.stop()
            until(lambda: authz.check(kept["access_token"]).status == 503, "stale without a way")
            self.start_nginx()
            until(lambda: authz.check(kept["access_token"]).status == 200, "followed again")


class ForeignWebSocket(World):
    """The other end is not ours."""

    def setUp(self):
        missing = foreign_implementation()
        if missing:
            self.skipTest(f"not run: {PACKAGE} cannot be had: {missing[0]}")
        super().setUp()

    def connect(self, query="", **options):
        from websockets.sync.client import connect
        options = {"additional_headers": basic("follower"), **options}
        return connect(self.socket_url(self.authority.port) + query, proxy=None, **options)

    def test_a_foreign_client_hears_all_words_and_reports(self):
        pairs = [self.authority.login() for _ in range(20)]
        for pair in pairs[:10]:
            self.authority.revoke("sid", pair["session_id"])
        # It offers compression, and is not given it.
        with self.connect("?after=0.0") as socket:
            self.assertEqual(socket.protocol.extensions, [])
            for pair in pairs[10:]:
                self.authority.revoke("sid", pair["session_id"])
            words = [socket.recv(timeout=10) for _ in range(20)]
            self.assertTrue(all(isinstance(word, str) and word.count(".") == 2 for word in words))
            socket.ping().wait(10)
            socket.send('{"follower":"foreign","position":"1.1","hash":"' + "00" * 32
                        + '","policy":"refuse 30000"}')
            answers = (socket.recv(timeout=10) for _ in range(1000))
            answer = next(text for text in answers if text.startswith("{"))
            self.assertIn('"status":', answer)

    def test_a_foreign_client_is_told_by_a_code_what_is_not_taken(self):
        from websockets.exceptions import ConnectionClosed
        for message, code in ((b"binary", 1003), ("x" * (600 * 1024), 1009)):
            with self.connect() as socket, self.assertRaises(ConnectionClosed) as closed:
                socket.send(message)
                while True:
                    socket.recv(timeout=10)
            self.assertEqual(closed.exception.rcvd.code, code)

    def test_handshakes_are_refused_with_reasons(self):
        from websockets.exceptions import InvalidStatus
        for query, options, status in (
                ("?after=7.7", {}, 409),
                ("?after=x", {}, 400),
                ("", {"additional_headers": {}}, 401),
                ("", {"additional_headers": basic("portal")}, 403),
                ("", {"origin": "https://evil.example"}, 403)):
            with self.assertRaises(InvalidStatus) as refused:
                self.connect(query, **options)
            self.assertEqual(refused.exception.response.status_code, status, query)
        with self.connect(origin=self.authority.issuer):
            pass

    def test_the_end_of_the_server_is_1001(self):
        from websockets.exceptions import ConnectionClosed
        with self.connect() as socket, self.assertRaises(ConnectionClosed) as closed:
            threading.Thread(target=self.authority.process.stop).start()
            while True:
                socket.recv(timeout=20)
        self.assertEqual(closed.exception.rcvd.code, 1001)

    def test_a_follower_of_ours_behind_a_foreign_server(self):
        """It hands on what it hears from the authority, in fragments, with pings of its own."""
        from websockets.exceptions import ConnectionClosed
        from websockets.sync.server import serve
        receipts = []

        def hand_on(near):
            query = near.request.path.partition("?")[2]
            with self.connect("?" + query if query else "") as far:
                def upwards():
                    with contextlib.suppress(ConnectionClosed):
                        for receipt in near:
                            receipts.append(receipt)
                            far.send(receipt)
                threading.Thread(target=upwards, daemon=True).start()
                with contextlib.suppress(ConnectionClosed):
                    for word in far:
                        near.ping()
                        near.send([word[:7], word[7:20], word[20:]])

        port = free_port()
        with serve(hand_on, "127.0.0.1", port, compression=None,
                   process_request=self.ask_the_authority) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.addCleanup(server.shutdown)
            authz = self.start_authz(port=port, issuer={
                "jwks_url": f"{self.authority.issuer}/.well-known/jwks.json"})
            self.wait_until_known("authz")
            for _ in range(3):
                pair = self.authority.login()
                until(lambda: authz.check(pair["access_token"]).status == 200, "accepted")
                reply = self.authority.revoke("sid", pair["session_id"], wait=10)
                self.assertTrue(reply["propagation"]["complete"], reply)
                self.assertEqual(authz.check(pair["access_token"]).status, 401)
            self.assertTrue(receipts, "a receipt has come up the foreign socket")
            authz.process.stop()

    def ask_the_authority(self, _, asked):
        """What is no handshake is a request of the same follower."""
        from websockets.datastructures import Headers
        from websockets.http11 import Response
        if "Upgrade" in asked.headers:
            return None
        answer = request(self.authority.port, "GET", asked.path, headers={
            name: asked.headers[name] for name in ("Accept", "Authorization")
            if name in asked.headers})
        return Response(answer.status, "", Headers({
            "Content-Type": answer.headers.get("content-type", ""), "Connection": "close",
            "Content-Length": str(len(answer.body))}), answer.body)


if __name__ == "__main__":
    unittest.main(verbosity=2)
