"""Links between authority and followers are cut and mended (security cases L12, D45).

Needs root, iproute2, nftables, curl and openssl.

    RESCIND_BINARY=build/release/src/cli/rescind python3 tests/chaos/partition.py [CYCLES]

The authority and four followers live in network namespaces of their own, joined by links that lose 5 % of the
packets, and delay (50 ± 50 ms), repeat and reorder them where the kernel has netem. In each cycle some links are cut, in both directions or in
one, for 1 to 6 s, while sessions are revoked. Held: a follower whose link is cut for longer than its bound says
that it is stale and refuses; after the mending each has all revocations, and none ever lets a token pass that was
revoked longer ago than the bound.
"""

import json
import os
import pathlib
import random
import subprocess
import sys
import time

from measuring import milliseconds, report
from processes import RESCIND, Folder, Process, basic, until

FOLLOWERS = 4
MAX_STALENESS = 3.0
JOURNEY = 0.5  # of a word, beside what it claims
NETEM = ["delay", "50ms", "50ms", "duplicate", "5%", "reorder", "25%"]
LOSSY = "numgen random mod 100 < 5 drop"

# Runs in a namespace: asks a server there, a line of JSON in, a line out.
ASKER = """
import http.client, json, sys
for line in sys.stdin:
    port, method, path, body, headers = json.loads(line)
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        print(json.dumps([answer.status, answer.read().decode()]), flush=True)
        connection.close()
    except OSError as error:
        print(json.dumps([0, str(error)]), flush=True)
"""


def run(*words):
    subprocess.run(words, check=True, capture_output=True)


class Namespace:
    def __init__(self, name):
        self.name = f"rescind-{os.getpid()}-{name}"
        run("ip", "netns", "add", self.name)
        self.enter("ip", "link", "set", "lo", "up")
        self.process = self
        self.asker = subprocess.Popen(self.words(sys.executable, "-c", ASKER), text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def words(self, *words):
        return ["ip", "netns", "exec", self.name, *words]

    def enter(self, *words):
        run(*self.words(*words))

    def ask(self, port, method, path, body=None, headers=None):
        text = json.dumps(body) if body is not None else None
        headers = {**(headers or {}), **({"Content-Type": "application/json"} if text else {})}
        self.asker.stdin.write(json.dumps([port, method, path, text, headers]) + "\n")
        self.asker.stdin.flush()
        status, answer = json.loads(self.asker.stdout.readline())
        return status, answer

    def running(self):
        return False

    def stop(self):
        self.asker.stdin.close()
        self.asker.wait(5)
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)


class Link:
    """Between the authority's namespace and a follower's; each end has its own trouble."""

    def __init__(self, hub, leaf, number):
        self.ends = ((hub, f"v{number}"), (leaf, "uplink"))
        run("ip", "link", "add", f"v{number}", "netns", hub.name, "type", "veth", "peer", "name", "uplink",
            "netns", leaf.name)
        self.hub_address, self.address = f"10.77.{number}.1", f"10.77.{number}.2"
        for (namespace, device), address in zip(self.ends, (self.hub_address, self.address)):
            namespace.enter("ip", "address", "add", f"{address}/30", "dev", device)
            namespace.enter("ip", "link", "set", device, "up")
            namespace.enter("nft", f"add table inet {device}")
            namespace.enter("nft", f"add chain inet {device} in {{ type filter hook input priority 0; }}")
        self.mend()
        self.delays = self.delay()

    def delay(self):
        try:
            for namespace, device in self.ends:
                namespace.enter("tc", "qdisc", "add", "dev", device, "root", "netem", *NETEM)
        except subprocess.CalledProcessError:
            return False  # this kernel has no netem
        return True

    def set(self, directions, rule):
        for direction in directions:
            namespace, device = self.ends[direction]
            namespace.enter("nft", f"flush chain inet {device} in; "
                                   f"add rule inet {device} in iifname {device} {rule}")

    def cut(self, directions):
        self.set(directions, "drop")

    def mend(self):
        self.set((0, 1), LOSSY)


class World:
    def __init__(self, folder):
        self.folder = folder
        self.hub = folder.keep(Namespace("authority"))
        self.leaves = [folder.keep(Namespace(f"follower{i}")) for i in range(FOLLOWERS)]
        self.links = [Link(self.hub, leaf, i) for i, leaf in enumerate(self.leaves)]
        self.make_certificate()
        self.processes = [self.start_authority(), *(self.start_follower(i) for i in range(FOLLOWERS))]
        self.revoked = []
        account = {"username": "alice", "password": "correct horse"}
        assert self.admin("POST", "/v1/accounts", account)[0] == 201

    def make_certificate(self):
        names = ",".join(f"IP:{link.hub_address}" for link in self.links) + ",IP:127.0.0.1"
        self.certificate, self.key = self.folder.path / "cert.pem", self.folder.path / "key.pem"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", "/CN=authority", "-addext", f"subjectAltName={names}",
            "-keyout", str(self.key), "-out", str(self.certificate))

    def start(self, namespace, role, config):
        path = pathlib.Path(self.folder.path) / f"{namespace.name}-{role}.yaml"
        path.write_text(json.dumps({"version": 1, **config}))
        process = self.folder.keep_process(Process(
            namespace.words(RESCIND, role, "--config", str(path)), path.with_suffix(".log")))
        until(lambda: namespace.ask(8481, "GET", "/healthz/ready")[0] == 200, f"{role} is ready")
        return process

    def start_authority(self):
        # Every address of its namespace, which nobody else is in.
        return self.start(self.hub, "authority", {
            "listen": {"public": "0.0.0.0:8480", "admin": "127.0.0.1:8481",
                       "tls": {"cert": str(self.certificate), "key": str(self.key)}},
            "authority": {"issuer": "https://authority.test", "audiences": ["orders"],
                          "master_key_file": str(self.folder.path / "master.key"),
                          "logins_per_account": 100000, "logins_per_address": 100000},
            "store": f"sqlite:{self.folder.path / 'rescind.db'}",
            "feed": {"key_file": str(self.folder.path / "feed.pem")},
            "clients": [{"id": "admin", "secret": "admin-secret-for-tests", "roles": "admin"},
                        {"id": "follower", "secret": "follower-secret-for-tests", "roles": "follow"}],
        })

    def start_follower(self, number):
        return self.start(self.leaves[number], "authz", {
            "listen": {"public": "127.0.0.1:8482", "admin": "127.0.0.1:8481"},
            "issuer": {"url": "https://authority.test", "audiences": ["orders"]},
            "feed": {"url": f"https://{self.links[number].hub_address}:8480/v1/feed",
                     "ca_file": str(self.certificate)},
            "follower": {"name": f"follower{number}", "client_id": "follower",
                         "client_secret": "follower-secret-for-tests"},
            "revocation": {"max_staleness": f"{MAX_STALENESS:.0f}s"},
            "gateway": {"answers": "rfc"},
        })

    def admin(self, method, path, body=None):
        return self.tls(method, path, body, basic("admin"))

    def tls(self, method, path, body=None, headers=None):
        words = ["curl", "-sS", "--cacert", str(self.certificate), "-X", method, "-w", "\n%{http_code}",
                 "-m", "10", f"https://127.0.0.1:8480{path}"]
        for name, value in (headers or {}).items():
            words += ["-H", f"{name}: {value}"]
        if body is not None:
            words += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
        done = subprocess.run(self.hub.words(*words), capture_output=True, text=True, check=True)
        text, _, status = done.stdout.rpartition("\n")
        return int(status), text

    def login(self):
        status, text = self.tls("POST", "/v1/login", {"username": "alice", "password": "correct horse"})
        assert status == 200, (status, text)
        return json.loads(text)

    def revoke(self):
        pair = self.login()
        status, text = self.admin("POST", "/v1/revocations",
                                  {"claim": "sid", "value": pair["session_id"]})
        assert status == 201, (status, text)
        self.revoked.append((pair["access_token"], time.monotonic()))

    def decision(self, number, token):
        return self.leaves[number].ask(8482, "GET", "/authz/forward-auth",
                                       headers={"Authorization": f"Bearer {token}"})[0]

    def refuses(self, number, token, revoked):
        """A follower that has not grown stale yet may not know of what was revoked just before."""
        asked = time.monotonic()
        decision = self.decision(number, token)
        known = asked - revoked > MAX_STALENESS + JOURNEY
        assert decision != 200 or not known, f"follower {number} lets pass what was revoked {asked - revoked:.1f} s ago"
        return decision == 401

    def metric(self, number, name):
        for line in self.leaves[number].ask(8481, "GET", "/metrics")[1].splitlines():
            if line.startswith(name):
                return float(line.rsplit(" ", 1)[1])
        return float("nan")


def cycle(world, draw):
    cut = draw.sample(range(FOLLOWERS), draw.randint(1, FOLLOWERS))
    for number in cut:
        world.links[number].cut(draw.choice([(0,), (1,), (0, 1)]))
    begin, lasts = time.monotonic(), draw.uniform(1, 6)
    flagged = 0
    while time.monotonic() - begin < lasts:
        world.revoke()
    gone = time.monotonic() - begin
    # What crosses the link in the moment of the cut, and how seldom a heartbeat comes, counts too.
    if gone > MAX_STALENESS + 2.5:
        good = world.login()["access_token"]
        for number in cut:
            until(lambda n=number: world.decision(n, good) == 503, "a follower says that it is stale", 5)
            flagged += 1
    for number in cut:
        world.links[number].mend()
    mended = time.monotonic()
    good = world.login()["access_token"]
    for number in range(FOLLOWERS):
        until(lambda n=number: world.decision(n, good) == 200, f"follower {number} is fresh again", 60)
        for token, revoked in world.revoked[-50:]:
            until(lambda n=number, t=token, r=revoked: world.refuses(n, t, r), f"follower {number} refuses", 60)
    return time.monotonic() - mended, flagged


def main(cycles):
    draw = random.Random(int(os.environ.get("RESCIND_SEED", "12")))
    folder = Folder()
    folder.keep_process = lambda process: folder.keep(Kept(process))
    try:
        world = World(folder)
        world.revoke()
        healed, flagged = [], 0
        for _ in range(cycles):
            took, stale = cycle(world, draw)
            healed.append(took)
            flagged += stale
        positions = {world.metric(number, "rescind_index_entries") for number in range(FOLLOWERS)}
        until(lambda: len({(world.metric(n, "rescind_feed_position"),
                            world.metric(n, "rescind_index_entries")) for n in range(FOLLOWERS)}) == 1,
              f"all hold the same: {positions}", 30)
        report("partition", cycles=cycles, delayed=all(link.delays for link in world.links), revoked=len(world.revoked), flagged_stale=flagged,
               all_fresh_and_equal_after_mending=milliseconds(healed))
        print("partition: held")
    finally:
        folder.close()


class Kept:
    def __init__(self, process):
        self.process = process


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
