"""An authority and what follows it from another language."""

import base64
import json
import pathlib
import subprocess
import sys
import unittest

import packages

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))

from processes import (  # noqa: E402
    DEADLINE, RESCIND, Authority, Folder, Process, free_port, ready, request, until)

COMMANDS = {
    ".py": [str(packages.PYTHON)],
    ".js": [str(packages.NODE)],
}


def program(name, *flags):
    """How one of the programs beside this file is run. Node's find their packages from where they
    lie, so they lie where the packages are."""
    path = HERE / name
    if path.suffix == ".js":
        copy = packages.NODE_FOLDER / name
        if not copy.exists() or copy.read_bytes() != path.read_bytes():
            copy.write_bytes(path.read_bytes())
        path = copy
    return [*COMMANDS[path.suffix], *flags, str(path)]


def position_of(text):
    term, number = text.split(".")
    return int(term), int(number)


class Driver:
    """One of the clients as a child that answers a line of JSON with a line of JSON."""

    def __init__(self, name, config):
        self.child = subprocess.Popen(
            program(name) + [json.dumps(config)], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)

    def ask(self, **question):
        print(json.dumps(question), file=self.child.stdin, flush=True)
        line = self.child.stdout.readline()
        if not line:
            raise AssertionError(f"it ended with {self.child.wait(DEADLINE)}")
        return json.loads(line)

    def until_fresh_at(self, position):
        def there():
            state = self.ask(state=True)
            return state["fresh"] and position_of(state["position"]) >= position_of(position)
        until(there, f"the index has reached {position}")

    def running(self):
        return self.child.poll() is None

    def go_on(self):
        pass

    def stop(self):
        self.child.stdin.close()
        code = self.child.wait(DEADLINE)
        self.child.stdout.close()
        return code


class Agent:
    """`rescind agent`: the index of this host, in a file that others map."""

    def __init__(self, folder, authority, max_staleness_ms):
        self.index = folder / "rescind.index"
        self.admin_port = free_port()
        config = folder / "agent.yaml"
        config.write_text(json.dumps({
            "version": 1,
            "listen": {"admin": f"127.0.0.1:{self.admin_port}"},
            "agent": {"index": str(self.index)},
            "issuer": {"url": authority.issuer},
            "feed": {"url": f"{authority.issuer}/v1/feed", "heartbeat": "200ms"},
            "follower": {"name": "agent", "client_id": "follower",
                         "client_secret": "follower-secret-for-tests"},
            "revocation": {"max_staleness": f"{max_staleness_ms}ms"},
        }))
        self.process = Process([RESCIND, "agent", "--config", str(config)], folder / "agent.log")
        until(lambda: ready(self.admin_port) or not self.process.running(), "the agent is ready")
        if not self.process.running():
            raise AssertionError(self.process.log.read_text(errors="replace")[-4000:])


class World(unittest.TestCase):
    settings = {}
    max_staleness_ms = 5000

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.authority = self.folder.keep(
            Authority(self.folder.path, feed={"heartbeat": "200ms"}, **self.settings)).start()
        self.authority.add_user()
        self.authority.add_user("bob")

    def config(self, *issuers):
        return {
            "feed": {"url": f"{self.authority.issuer}/v1/feed", "client_id": "follower",
                     "client_secret": "follower-secret-for-tests", "heartbeat_ms": 200},
            "issuers": [{"issuer": self.authority.issuer, "audiences": ["orders"]}, *issuers],
            "max_staleness_ms": self.max_staleness_ms,
        }

    def restart(self, trusted_issuers):
        """The authority again, with other issuers' tokens to revoke."""
        self.authority.process.stop()
        self.authority.settings["trusted_issuers"] = trusted_issuers
        self.authority.write_config()
        self.authority.start()

    def signing_key(self):
        """The public JWK that verifies the authority's tokens."""
        header = self.authority.login()["access_token"].split(".")[0]
        kid = json.loads(base64.urlsafe_b64decode(header + "=="))["kid"]
        keys = self.authority.call("GET", "/.well-known/jwks.json").json()["keys"]
        return next(key for key in keys if key["kid"] == kid)

    def server(self, name, *arguments):
        """A real framework's server; returns its port once it listens."""
        port = free_port()
        process = self.folder.keep(Process(
            program(name) + [str(port), json.dumps(self.config()), *arguments],
            self.folder.path / f"{name}.log"))

        def listens():
            if not process.running():
                raise AssertionError(process.log.read_text(errors="replace")[-4000:])
            try:
                return request(port, "GET", "/")
            except OSError:
                return None
        until(listens, f"{name} listens")
        return port


def main():
    packages.prepare_or_skip()
    unittest.main()
