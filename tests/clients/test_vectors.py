"""The same vectors for each language, with installed packages and real processes."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

from world import Agent, Driver, World, main, position_of, program, until

from identity_provider import IdentityProvider
from token_cases import token_cases

VECTORS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "vectors" / "keys.json"
ALWAYS_REVOCABLE = {"jti", "sid", "sub", "client_id", "kid", "iss"}


class Case:
    """One of docs/vectors/keys.json, with an issuer of its own so that no other touches it."""

    def __init__(self, number, case, revocable):
        def own(text):
            return text.replace("auth.example", f"auth-{number}.example").replace(
                "accounts.example", f"accounts-{number}.example")
        self.note = case["note"]
        self.revocable = revocable
        self.issuer = own(case["iss"])
        self.claim = case["claim"]
        self.value = self.issuer if self.claim == "iss" else case["value"]
        self.session_claim = case.get("token_claim", "sid")
        self.kid = self.value if self.claim == "kid" else None
        if "payload" in case:
            text = own(case["payload"])
        elif "token" in case:
            text = own(json.dumps(case["token"]))
        else:
            named = {} if self.claim in ("kid", "iss") else {self.claim: self.value}
            text = json.dumps({"iss": self.issuer, **named})
        now = int(time.time())
        there = json.loads(text)
        usual = {"sub": "somebody", "iat": now - 10, "exp": now + 600, "jti": "some-token"}
        more = {name: value for name, value in usual.items() if name not in there}
        self.payload = text[:-1] + "," + json.dumps(more)[1:]
        self.token_issuer = there["iss"]

    def rules(self, issuer):
        declared = {"account", "groups", "tenant", self.claim} - ALWAYS_REVOCABLE
        return {"url": issuer, "session_claim": self.session_claim,
                "revocable_claims": sorted(declared)}


def cases():
    document = json.loads(VECTORS.read_text())
    made = []
    for revocable, group in ((True, "cases"), (False, "not_revocable")):
        for case in document[group]:
            # A subject is a text; only a key of its own can be made of a number.
            if case["claim"] != "sub" or isinstance(case["value"], str):
                made.append(Case(len(made), case, revocable))
    return made


class Revocable:
    def test_the_vectors_of_what_can_be_revoked(self):
        vectors = cases()
        self.assertGreaterEqual(len(vectors), 56)
        driver = self.begin({issuer: case for case in vectors
                             for issuer in (case.issuer, case.token_issuer)})
        for case in vectors:
            self.assertEqual(self.ask(driver, case), {"revoked": False}, case.note)
        last = None
        for case in vectors:
            answer = self.authority.as_admin(
                "POST", "/v1/revocations",
                {"issuer": case.issuer, "claim": case.claim, "value": case.value})
            if answer.status == 201:
                last = answer.json()["position"]
            else:
                self.assertTrue(answer.status == 400 and not case.revocable, (case.note, answer))
        driver.until_fresh_at(last)
        for case in vectors:
            self.assertEqual(self.ask(driver, case), {"revoked": case.revocable}, case.note)
        # A payload that a framework has parsed loses nothing that can be revoked.
        for case in vectors:
            if case.revocable:
                answer = driver.ask(is_revoked=json.loads(case.payload), kid=case.kid)
                self.assertEqual(answer, {"revoked": True}, case.note)

    @staticmethod
    def ask(driver, case):
        return driver.ask(is_revoked=case.payload, kid=case.kid)

    def begin(self, issuers):
        self.restart([case.rules(issuer) for issuer, case in issuers.items()])
        keys = f"{self.authority.issuer}/.well-known/jwks.json"
        return self.driver(*[{"issuer": issuer, "audiences": [], "jwks_url": keys}
                             for issuer in issuers])


class Language(Revocable):
    def driver(self, *issuers):
        driver = self.folder.keep(Driver(self.program, self.config(*issuers)))
        token = self.authority.login("bob")["access_token"]
        until(lambda: "claims" in driver.ask(verify=token), "the index and the keys are there")
        return driver

    def test_tokens_good_and_bad(self):
        provider = IdentityProvider(self.folder.path)
        self.addCleanup(provider.close)
        self.restart([{"url": provider.issuer, "session_claim": "session_id"}])
        driver = self.driver({"issuer": provider.issuer, "audiences": ["orders"],
                              "algorithms": ["RS256"]})
        tokens = token_cases(provider)
        until(lambda: "claims" in driver.ask(verify=tokens["good"][0]), "its keys are known")
        for name, (token, reason) in tokens.items():
            with self.subTest(name):
                answer = driver.ask(verify=token)
                if reason is None:
                    self.assertEqual(answer["claims"]["issuer"], provider.issuer)
                else:
                    self.assertEqual(answer, {"refused": reason})

    def test_a_session_from_its_sign_in_to_its_end(self):
        driver = self.driver()
        token, other = (self.authority.login(name)["access_token"] for name in ("alice", "bob"))
        claims = driver.ask(verify=token)["claims"]
        payload = claims["payload"]
        for name, claim in (("issuer", "iss"), ("subject", "sub"), ("token_id", "jti"),
                            ("session_id", "sid"), ("expires_at", "exp")):
            self.assertEqual(claims[name], payload[claim])
        self.assertIn("claims", driver.ask(verify=token))
        self.assertEqual(driver.ask(is_revoked=payload), {"revoked": False})
        self.assertEqual(driver.ask(watch=payload, name="alice"), {})
        self.assertEqual(driver.ask(watch=payload, name="closed"), {})
        self.assertEqual(driver.ask(watch=driver.ask(verify=other)["claims"]["payload"],
                                    name="bob"), {})
        self.assertEqual(driver.ask(unwatch="closed"), {})

        position = self.authority.revoke("sid", payload["sid"])["position"]
        driver.until_fresh_at(position)
        self.assertEqual(driver.ask(verify=token), {"refused": "revoked"})
        self.assertEqual(driver.ask(is_revoked=payload), {"revoked": True})
        self.assertIn("claims", driver.ask(verify=other))
        until(lambda: driver.ask(happened=True)["events"], "the watch is told")
        self.assertEqual(driver.ask(watch=payload, name="too late"), {})
        both = [["alice", "revoked"], ["too late", "revoked"]]
        until(lambda: driver.ask(happened=True)["events"] == both, "and so is the one that is late")
        state = driver.ask(state=True)
        self.assertGreaterEqual(state["checks"], 5)
        self.assertGreaterEqual(state["revocations"], 1)
        self.assertEqual((state["shared"], state["on_stale"], state["known"]),
                         (False, "refuse", True))
        self.assertIn("closed", driver.ask(close=True)["error"])
        self.assertEqual(driver.stop(), 0)

    def test_a_caller_shows_the_position_of_a_revocation(self):
        driver = self.driver()
        token, other = (self.authority.login(name)["access_token"] for name in ("alice", "bob"))
        payload = driver.ask(verify=token)["claims"]["payload"]
        self.assertIn("claims", driver.ask(verify=other))
        position = self.authority.revoke("sid", payload["sid"])["position"]
        until(lambda: driver.ask(verify_at=token, position=position, wait_ms=1000)
              == {"refused": "revoked"}, "it waits for the revocation")
        self.assertIn("claims", driver.ask(verify_at=other, position=position, wait_ms=0))
        term, number = position_of(position)
        to_come = f"{term}.{number + 1000}"
        for wait_ms in (-1, 0, 20):
            self.assertEqual(driver.ask(verify_at=other, position=to_come, wait_ms=wait_ms), {"stale": True})
        self.assertEqual(driver.ask(verify_at=token, position=to_come, wait_ms=1000), {"refused": "revoked"})
        for none in (None, "", "tomorrow", "1.2.3"):
            self.assertIn("claims", driver.ask(verify_at=other, position=none, wait_ms=0))

    def test_what_cannot_be_is_said(self):
        driver = self.driver()
        self.assertIn("indx", driver.ask(open={"index": "x", "indx": "x"})["error"])
        self.assertIn("JSON", driver.ask(open="{")["error"])
        self.assertEqual(driver.ask(is_revoked="[]"), {"refused": "json"})
        self.assertEqual(driver.ask(is_revoked="{"), {"refused": "json"})
        self.assertEqual(driver.ask(is_revoked={"sub": "alice"}), {"refused": "claim"})
        self.assertEqual(driver.ask(watch={"sub": "alice"}, name="x"), {"refused": "claim"})

    def test_beside_an_agent_its_index_is_read(self):
        agent = self.folder.keep(Agent(self.folder.path, self.authority, self.max_staleness_ms))
        config = {**self.config(), "index": str(agent.index)}
        config.pop("feed")
        driver = self.folder.keep(Driver(self.program, config))
        token = self.authority.login()["access_token"]
        until(lambda: "claims" in driver.ask(verify=token), "the agent's index and keys are there")
        payload = driver.ask(verify=token)["claims"]["payload"]
        self.assertTrue(driver.ask(state=True)["shared"])
        self.assertEqual(driver.ask(watch=payload, name="alice"), {})
        self.authority.revoke("sid", payload["sid"])
        until(lambda: driver.ask(verify=token) == {"refused": "revoked"}, "it is revoked", 5)
        self.assertEqual(driver.ask(is_revoked=payload), {"revoked": True})
        until(lambda: driver.ask(happened=True)["events"] == [["alice", "revoked"]], "it is told", 5)

    def test_whatever_ends_first_ends_well(self):
        tokens = [self.authority.login(name)["access_token"] for name in ("alice", "bob")]
        driver = self.driver()
        payload = driver.ask(verify=tokens[0])["claims"]["payload"]
        driver.until_fresh_at(self.authority.revoke("sid", payload["sid"])["position"])
        done = subprocess.run(
            program(self.life, *self.flags) + [json.dumps(self.config()), tokens[1],
                                               json.dumps(payload)],
            text=True, capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "done\n", ""))

    def test_a_warm_check_needs_no_signature(self):
        driver = self.driver()
        cost = driver.ask(cost=self.authority.login()["access_token"])
        print(f"{type(self).__name__}: warm verify {cost['verify']} ns, "
              f"is_revoked {cost['is_revoked']} ns a call", file=sys.stderr)
        state = driver.ask(state=True)
        self.assertGreater(state["checks"], 200_000)
        self.assertLess(state["signatures"], 50)

    def test_without_the_authority_nothing_is_decided(self):
        self.max_staleness_ms = 1000
        driver = self.driver()
        token = self.authority.login()["access_token"]
        payload = driver.ask(verify=token)["claims"]["payload"]
        self.assertEqual(driver.ask(state=True)["error"], "")
        self.authority.process.kill()
        until(lambda: driver.ask(verify=token) == {"stale": True}, "it is stale")
        self.assertNotEqual(driver.ask(state=True)["error"], "")
        self.assertEqual(driver.ask(is_revoked=payload), {"stale": True})
        self.authority.start()
        until(lambda: "claims" in driver.ask(verify=token), "it is fresh again")


class Python(Language, World):
    program = "driver.py"
    life = "life.py"
    flags = ()


class Node(Language, World):
    program = "driver.js"
    life = "life.js"
    flags = ("--expose-gc",)

    def test_the_library_keeps_its_own_openssl(self):
        """Node exports another one, which would take its place."""
        done = subprocess.run(
            program("driver.js") + [json.dumps(self.config())], input="", text=True,
            capture_output=True, env={**os.environ, "LD_DEBUG": "bindings"}, timeout=60)
        bound = [line.split(" to ") for line in done.stderr.splitlines()
                 if "binding file" in line and re.search(r"symbol `(?:EVP|SSL)_", line)]
        to = {target.split()[0] for source, target in bound if "librescind" in source}
        self.assertTrue(to)
        self.assertFalse({name for name in to if "libcrypto" not in name and "libssl" not in name})


if __name__ == "__main__":
    main()
