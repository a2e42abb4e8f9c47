"""Forward authentication: checks a second of one follower, and what they cost behind nginx.

nginx has one worker. Four ways to the same sample service, each asked in turn, again and again: plain
proxy_pass; auth_request to a backend that always says 204 (another nginx: what auth_request itself
costs); auth_request to `rescind authz` with the configuration that `rescind nginx-config` prints; and
that without the service behind it, asked directly. Requests a second are noisy on a busy machine, so
the CPU that each process used per request stands beside them.
"""

import re
import subprocess

import figures
from figures import Figure
from processes import (RESCIND, Authority, Authz, Folder, Gateway, Process, basic, bearer, free_port,
                       request, until)

RUNS = 3
SECONDS = 3
CONNECTIONS = 32

NGINX = """
daemon off;
worker_processes 1;
pid {folder}/{name}.pid;
error_log {folder}/{name}-error.log warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/{name}-body;
  proxy_temp_path {folder}/{name}-proxy;
  fastcgi_temp_path {folder}/{name}-fastcgi;
  uwsgi_temp_path {folder}/{name}-uwsgi;
  scgi_temp_path {folder}/{name}-scgi;
  upstream service {{ server 127.0.0.1:{service}; keepalive 32; }}
  upstream auth {{ server 127.0.0.1:{auth}; keepalive 32; }}
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  server {{
    listen 127.0.0.1:{port};
    location /return {{ return 200 "ok"; }}
    location /no-content {{ return 204; }}
    location /orders {{ proxy_pass http://service; }}
    location /checked/ {{ auth_request /auth; proxy_pass http://service/; }}
    location = /auth {{
      internal;
      proxy_pass http://auth/no-content;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header Connection "";
    }}
  }}
}}
"""


class Nginx:
    """One worker: `return`, plain proxy and auth_request to `auth` on one port."""

    def __init__(self, folder, name, service, auth):
        self.port = free_port()
        config = folder / f"{name}.conf"
        config.write_text(NGINX.format(folder=folder, name=name, port=self.port, service=service,
                                       auth=auth or self.port))
        self.process = Process(["nginx", "-p", f"{folder}/", "-c", str(config), "-e",
                                str(folder / f"{name}-error.log")], folder / f"{name}.log")
        until(self.answers, f"{name} answers")

    def answers(self):
        try:
            return request(self.port, "GET", "/return").status == 200
        except OSError:
            return False


def wrk(port, path, token):
    """Requests a second; requests in all. Ends the program where one was not answered 200."""
    done = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-H",
         f"Authorization: {bearer(token)['Authorization']}", f"http://127.0.0.1:{port}{path}"],
        capture_output=True, text=True, timeout=SECONDS + 30, check=True).stdout
    if "Non-2xx" in done or "Socket errors" in done:
        raise AssertionError(done)
    per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", done).group(1))
    total = int(re.search(r"(\d+) requests in", done).group(1))
    return per_second, total


def checks_of(admin_port):
    """How many tokens a follower has accepted, as its metrics say; 0 where none is asked."""
    if admin_port is None:
        return 0
    text = request(admin_port, "GET", "/metrics").body.decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if line.startswith("rescind_checks_total") and 'decision="accept' in line)


class Way:
    """One way to ask; which processes work for it."""

    def __init__(self, name, port, path, pids, counted_at=None):
        self.counted_at = counted_at  # admin port of the follower that has to see every request
        self.name = name
        self.port = port
        self.path = path
        self.pids = pids
        self.per_second = []
        self.cpu = {who: [] for who in pids}  # µs of CPU a request

    def run(self, token):
        before = {who: figures.cpu_seconds(pid) for who, pid in self.pids.items()}
        checks = checks_of(self.counted_at)
        per_second, total = wrk(self.port, self.path, token)
        missed = total - (checks_of(self.counted_at) - checks) if self.counted_at else 0
        if missed > 0:
            raise AssertionError(f"{self.name}: {missed} of {total} requests were not checked")
        self.per_second.append(per_second)
        for who, pid in self.pids.items():
            self.cpu[who].append((figures.cpu_seconds(pid) - before[who]) / total * 1e6)

    def rate(self, **more):
        return Figure(self.name, figures.median_of(self.per_second), "/s", runs=self.per_second,
                      **more)

    def cpu_of(self, who):
        return figures.median_of(self.cpu[who])

    def cpu_row(self, who, **more):
        return Figure(f"{self.name}: CPU of {who} a request", self.cpu_of(who), "µs",
                      runs=self.cpu[who], **more)


def ways_through(folder, authority):
    authz = folder.keep(Authz(folder.path, authority)).start()
    gateway = folder.keep(Gateway(folder.path, authz))
    trivial = folder.keep(Nginx(folder.path, "trivial", gateway.service_port, None))
    plain = folder.keep(Nginx(folder.path, "plain", gateway.service_port, trivial.port))
    follower, service = authz.process.pid, gateway.service.pid
    front = plain.process.pid
    return [
        Way("rescind authz alone", authz.port, "/authz/forward-auth", {"authz": follower},
            authz.admin_port),
        Way("nginx, return 200", plain.port, "/return", {"nginx": front}),
        Way("nginx, proxy_pass", plain.port, "/orders", {"nginx": front, "service": service}),
        Way("nginx, auth_request to 204", plain.port, "/checked/orders",
            {"nginx": front, "auth": trivial.process.pid, "service": service}),
        Way("nginx, auth_request to rescind authz", gateway.port, "/orders",
            {"nginx": gateway.nginx.pid, "authz": follower, "service": service},
            authz.admin_port),
    ]


def measure(build):
    assert RESCIND == str(build / "rescind")
    folder = Folder()
    try:
        authority = folder.keep(Authority(folder.path)).start()
        ways = ways_through(folder, authority)
        answer = authority.call("POST", "/v1/sessions",
                                {"client_id": "portal", "subject": "alice"}, basic("portal"))
        token = answer.json()["access_token"]
        for _ in range(RUNS):
            for way in ways:
                way.run(token)
    finally:
        folder.close()
    return rows_of(*ways)


def rows_of(alone, static, plain, trivial, ours):
    def beside(way):
        return {"peer": way.name, "peer_value": figures.median_of(way.per_second)}

    def cpu_beside(way, who):
        return {"peer": f"{way.name}, {who}", "peer_value": way.cpu_of(who)}

    per_core = [1e6 / cpu for cpu in alone.cpu["authz"]]
    return [
        alone.rate(),
        Figure("rescind authz alone, by its CPU", figures.median_of(per_core), "checks/core-s",
               runs=per_core, at_least=20_000),
        static.rate(),
        plain.rate(**beside(static)),
        trivial.rate(**beside(plain)),
        ours.rate(**beside(plain)),
        Figure("nginx: auth_request to rescind authz against 204",
               figures.median_of(ours.per_second), "/s", **beside(trivial)),
        plain.cpu_row("nginx"),
        trivial.cpu_row("nginx", **cpu_beside(plain, "nginx")),
        ours.cpu_row("nginx", **cpu_beside(plain, "nginx")),
        trivial.cpu_row("auth"),
        ours.cpu_row("authz", **cpu_beside(trivial, "auth")),
    ]
