"""Real processes for the tests: the authority, followers behind nginx, the sample service.

Everything listens on loopback with ports that were free, writes into one temporary folder, and is ended
by its own process id. Nothing here sleeps for longer than it takes to look again.
"""

import base64
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

RESCIND = os.environ["RESCIND_BINARY"]
DEADLINE = 30.0  # seconds that anything may take before it counts as broken
_given = []  # what holds the ports of this process


def free_port():
    """A port that nobody listens at, and that no test beside this one is given while this process lives.

    Not one of those that the kernel gives to connections: between here and who listens there, somebody else
    would have it now and then, and might answer in its place.
    """
    for _ in range(1000):
        port = random.randrange(20000, 32768)
        holder = socket.socket(socket.AF_UNIX)
        try:
            holder.bind(f"\0rescind-test-port-{port}")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            holder.close()
            continue
        _given.append(holder)
        return port
    raise AssertionError("no free port")


def until(condition, what, deadline=DEADLINE):
    """Looks again and again until `condition()` is true; returns what it returned.

    `what` is the text of the failure, or is called for it then.
    """
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline} s: {what() if callable(what) else what}")
        time.sleep(0.002)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {}
        self.header_list = response.getheaders()
        for name, value in self.header_list:
            self.headers.setdefault(name.lower(), value)
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:200]!r}>"


def request(port, method, path, body=None, headers=None, timeout=10):
    """One request on a connection of its own; raises OSError where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        headers = dict(headers or {})
        if isinstance(body, dict):
            if headers.get("Content-Type") == "application/x-www-form-urlencoded":
                body = urllib.parse.urlencode(body)
            else:
                body = json.dumps(body)
                headers.setdefault("Content-Type", "application/json")
        connection.request(method, path, body=body, headers=headers)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def basic(client):
    """`Authorization` of one of the clients that Authority configures."""
    pair = f"{client}:{client}-secret-for-tests".encode()
    return {"Authorization": "Basic " + base64.b64encode(pair).decode()}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def ready(admin_port):
    try:
        return request(admin_port, "GET", "/healthz/ready", timeout=2).status == 200
    except OSError:
        return False


class Process:
    """A child with its output in a file."""

    def __init__(self, arguments, log):
        self.log = pathlib.Path(log)
        with open(self.log, "ab") as output:
            self.child = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    @property
    def pid(self):
        return self.child.pid

    def running(self):
        return self.child.poll() is None

    def kill(self):
        """SIGKILL: no chance to tidy up."""
        self.child.kill()
        self.child.wait(DEADLINE)

    def stop(self):
        """SIGTERM, and waits for an orderly end."""
        if self.running():
            self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            return self.child.wait(DEADLINE)

    def freeze(self):
        self.child.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.child.send_signal(signal.SIGCONT)


class Authority:
    """`rescind authority` on a SQLite file of its own; may be killed and started again."""

    def __init__(self, folder, **settings):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.admin_port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.database = self.folder / "rescind.db"
        self.config = self.folder / "authority.yaml"
        self.settings = settings
        self.process = None
        self.write_config()

    def write_config(self):
        authority = {
            "issuer": self.issuer,
            "audiences": ["orders"],
            "master_key_file": str(self.folder / "master.key"),
            "logins_per_account": 100000,
            "logins_per_address": 100000,
        }
        authority.update(self.settings.get("authority", {}))
        config = {
            "version": 1,
            "listen": {
                "public": f"127.0.0.1:{self.port}",
                "admin": f"127.0.0.1:{self.admin_port}",
            },
            "authority": authority,
            "store": f"sqlite:{self.database}",
            "feed": {"key_file": str(self.folder / "feed.pem"), "canary": "0s",
                     **self.settings.get("feed", {})},
            "clients": [
                {"id": "admin", "secret": "admin-secret-for-tests", "roles": "admin"},
                {"id": "follower", "secret": "follower-secret-for-tests",
                 "roles": "follow introspect"},
                {"id": "reader", "secret": "reader-secret-for-tests", "roles": "introspect"},
                {"id": "portal", "secret": "portal-secret-for-tests", "roles": "login sessions"},
            ],
        }
        if "trusted_issuers" in self.settings:
            config["trusted_issuers"] = self.settings["trusted_issuers"]
        # JSON is YAML.
        self.config.write_text(json.dumps(config, indent=1))

    def start(self, wait=True):
        self.process = Process(
            [RESCIND, "authority", "--config", str(self.config)], self.folder / "authority.log"
        )
        if wait:
            until(lambda: ready(self.admin_port) or not self.process.running(), "authority ready")
            if not self.process.running():
                raise AssertionError("the authority ended:\n" + self.log())
        return self

    def backup(self):
        """The database's files as they lie on the disk while nobody writes."""
        return {file.name: file.read_bytes() for file in self.folder.glob("rescind.db*")}

    def restore(self, backup):
        for file in self.folder.glob("rescind.db*"):
            file.unlink()
        for name, data in backup.items():
            (self.folder / name).write_bytes(data)

    def log(self):
        return (self.folder / "authority.log").read_text(errors="replace")[-4000:]

    def call(self, method, path, body=None, headers=None, timeout=10):
        return request(self.port, method, path, body, headers, timeout)

    def as_admin(self, method, path, body=None, headers=None):
        return self.call(method, path, body, {**basic("admin"), **(headers or {})})

    def add_user(self, name="alice", password="correct horse", **more):
        answer = self.as_admin("POST", "/v1/accounts",
                               {"username": name, "password": password, **more})
        assert answer.status == 201, answer
        return answer.json()["id"]

    def login(self, name="alice", password="correct horse"):
        answer = self.call("POST", "/v1/login", {"username": name, "password": password})
        assert answer.status == 200, answer
        return answer.json()

    def refresh(self, refresh_token):
        return self.call("POST", "/v1/refresh-token", {"refresh_token": refresh_token})

    def revoke(self, claim, value, wait=None, **more):
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        answer = self.as_admin("POST", "/v1/revocations",
                               {"claim": claim, "value": value, **more}, headers)
        assert answer.status in (201, 202), answer
        return answer.json()

    def introspect(self, token):
        return self.call("POST", "/oauth2/introspect", {"token": token},
                         {**basic("reader"), "Content-Type": "application/x-www-form-urlencoded"})


class Authz:
    """`rescind authz`: a follower with forward authentication."""

    def __init__(self, folder, authority, name="authz", feed_port=None, **settings):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.port = free_port()
        self.admin_port = free_port()
        self.config = self.folder / f"{name}.yaml"
        self.checkpoint = self.folder / f"{name}.checkpoint"
        self.process = None
        feed_port = feed_port or authority.port
        config = {
            "version": 1,
            "listen": {
                "public": f"127.0.0.1:{self.port}",
                "admin": f"127.0.0.1:{self.admin_port}",
            },
            "issuer": {"url": authority.issuer, "audiences": ["orders"]},
            "feed": {"url": f"http://127.0.0.1:{feed_port}/v1/feed"},
            "follower": {
                "name": name,
                "client_id": "follower",
                "client_secret": "follower-secret-for-tests",
                "checkpoint": str(self.checkpoint),
            },
            "gateway": {"answers": "rfc"},
        }
        for section, values in settings.items():
            if isinstance(values, list):
                config[section] = values
            else:
                config.setdefault(section, {}).update(values)
        self.config.write_text(json.dumps(config, indent=1))

    def start(self, wait=True):
        self.process = Process(
            [RESCIND, "authz", "--config", str(self.config)], self.folder / f"{self.name}.log"
        )
        if wait:
            until(lambda: ready(self.admin_port) or not self.process.running(), f"{self.name} ready")
            if not self.process.running():
                raise AssertionError("authz ended:\n" + self.log())
        return self

    def log(self):
        return (self.folder / f"{self.name}.log").read_text(errors="replace")[-4000:]

    def check(self, token, **headers):
        return request(self.port, "GET", "/authz/forward-auth",
                       headers={"Authorization": f"Bearer {token}", **headers})


class Gateway:
    """nginx with forward authentication in front of the sample service."""

    def __init__(self, folder, authz):
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.service_port = free_port()
        self.service = Process(
            [RESCIND, "sample-service", "--listen", f"127.0.0.1:{self.service_port}"],
            self.folder / "service.log",
        )
        config = subprocess.run(
            [RESCIND, "nginx-config", "--folder", str(self.folder), "--port", str(self.port),
             "--authz-port", str(authz.port), "--service-port", str(self.service_port)],
            check=True, capture_output=True, text=True).stdout
        path = self.folder / "nginx.conf"
        path.write_text(config)
        self.nginx = Process(
            ["nginx", "-p", f"{self.folder}/", "-c", str(path), "-e",
             str(self.folder / "nginx-error.log")],
            self.folder / "nginx.log",
        )
        until(self.answers, "nginx answers")

    def answers(self):
        try:
            return request(self.port, "GET", "/orders").status in (401, 503)
        except OSError:
            return False

    def get(self, token=None, path="/orders", headers=None, method="GET"):
        return request(self.port, method, path, headers={**(bearer(token) if token else {}),
                                                         **(headers or {})})

    def raw(self, text):
        """Sends bytes as they are; returns the whole answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(text if isinstance(text, bytes) else text.encode("latin-1"))
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
            return answer.decode("latin-1")

    def running(self):
        return self.nginx.running()

    def go_on(self):
        self.nginx.go_on()

    def stop(self):
        self.nginx.stop()
        self.service.stop()


class Folder:
    """A temporary folder and the processes in it; ends them whatever happens."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="rescind-test-"))
        self.processes = []

    def keep(self, thing):
        self.processes.append(thing)
        return thing

    def close(self):
        for thing in reversed(self.processes):
            process = getattr(thing, "process", thing)
            if process is None:
                continue
            if process.running():
                process.go_on()
            process.stop()
        shutil.rmtree(self.path, ignore_errors=True)
