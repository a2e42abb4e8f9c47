"""The Python package by lines of JSON, as driver.js is the Node package."""

import json
import sys
import time

import rescind


def claims_of(claims):
    return {
        "issuer": claims.issuer, "subject": claims.subject, "token_id": claims.token_id,
        "session_id": claims.session_id, "client_id": claims.client_id, "scope": claims.scope,
        "expires_at": claims.expires_at, "payload": claims.payload,
    }


class Driver:
    def __init__(self, config):
        self.r = rescind.open(config)
        self.watches = {}
        self.events = []

    @staticmethod
    def verdict(check):
        try:
            return {"claims": claims_of(check())}
        except rescind.Refused as refused:
            return {"refused": refused.reason}
        except rescind.Stale:
            return {"stale": True}

    def verify(self, token, _):
        return self.verdict(lambda: self.r.verify(token))

    def verify_at(self, token, question):
        return self.verdict(
            lambda: self.r.verify_at(token, question["position"], question["wait_ms"]))

    def is_revoked(self, payload, question):
        try:
            return {"revoked": self.r.is_revoked(payload, question.get("kid"))}
        except rescind.Refused as refused:
            return {"refused": refused.reason}
        except rescind.Stale:
            return {"stale": True}

    def watch(self, payload, question):
        name = question["name"]
        try:
            self.watches[name] = self.r.on_revoked(
                payload, lambda reason: self.events.append([name, reason]))
        except rescind.Refused as refused:
            return {"refused": refused.reason}
        return {}

    def unwatch(self, name, _):
        self.watches.pop(name).close()
        return {}

    def happened(self, *_):
        return {"events": sorted(self.events)}

    def state(self, *_):
        state = self.r.state()
        return {"position": f"{state.term}.{state.number}", "fresh": state.fresh,
                "shared": state.shared, "on_stale": state.on_stale,
                "known": state.staleness_ms is not None, "revocations": state.revocations,
                "error": state.error, "checks": state.checks, "signatures": state.signatures}

    def cost(self, token, _):
        """Nanoseconds of the processor for a call, warm, each the best of five."""
        claims = self.r.verify(token).payload

        def best(call):
            times = []
            for _ in range(5):
                began = time.thread_time_ns()
                for _ in range(20_000):
                    call()
                times.append((time.thread_time_ns() - began) / 20_000)
            return round(min(times))
        return {"verify": best(lambda: self.r.verify(token)),
                "is_revoked": best(lambda: self.r.is_revoked(claims))}

    def open(self, config, _):
        try:
            rescind.open(config).close()
        except rescind.OpenError as error:
            return {"error": str(error)}
        return {}

    def close(self, *_):
        self.r.close()
        try:
            self.r.state()
        except RuntimeError as error:
            return {"error": str(error)}
        return {}


driver = Driver(json.loads(sys.argv[1]))
for line in sys.stdin:
    question = json.loads(line)
    name, value = next(iter(question.items()))
    print(json.dumps(getattr(driver, name)(value, question)), flush=True)
