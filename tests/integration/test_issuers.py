"""Tokens of an identity provider that the company already has: found by discovery, checked here,
revoked through the same feed."""

import os
import subprocess
import time
import unittest

from identity_provider import IdentityProvider, base64url, token_with_secret
from processes import RESCIND, Authority, Authz, Folder, request, until


class World(unittest.TestCase):
    kid = "idp-1"

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.provider = IdentityProvider(self.folder.path, self.kid)
        self.addCleanup(self.provider.close)
        self.authority = self.folder.keep(Authority(
            self.folder.path,
            trusted_issuers=[{"url": self.provider.issuer, "session_claim": "session_id",
                              "revocable_claims": ["tenant", "groups"]}])).start()
        self.authz = self.folder.keep(Authz(
            self.folder.path, self.authority,
            trusted_issuers=[{"url": self.provider.issuer, "audiences": ["orders"],
                              "unknown_key_pause": "1s"}])).start()

    def rescind(self, *arguments):
        return subprocess.run(
            [RESCIND, "--addr", f"http://127.0.0.1:{self.authority.port}", *arguments],
            env={**os.environ, "RESCIND_CLIENT_ID": "admin",
                 "RESCIND_CLIENT_SECRET": "admin-secret-for-tests"},
            capture_output=True, text=True, timeout=60)

    def revoke(self, *arguments):
        done = self.rescind("revoke", *arguments, "--issuer", self.provider.issuer,
                            "--reason", "test", "--wait=10s")
        self.assertEqual(done.returncode, 0, done.stderr)

    def assert_accepted(self, *tokens):
        for token in tokens:
            answer = self.authz.check(token)
            self.assertEqual(answer.status, 200, (answer, answer.headers))

    def assert_refused(self, reason, *tokens):
        for token in tokens:
            answer = self.authz.check(token)
            self.assertEqual((answer.status, answer.headers.get("x-rescind-reason")),
                             (401, reason), answer)

    def fetches(self):
        return self.provider.asked.count("/realms/main/keys")


class ForeignIssuer(World):
    def test_a_claim_that_the_rules_declare_revokes_tokens_that_were_accepted_before(self):
        acme = [self.provider.token(tenant="acme"),
                self.provider.token(tenant=["north", "acme"]),
                self.provider.token(groups=["ops", 7], tenant="south")]
        other = [self.provider.token(tenant="acme2"), self.provider.token(tenant=["north"]),
                 self.provider.token(groups=["7", 70]), self.provider.token()]
        self.assert_accepted(*acme, *other)
        self.assert_accepted(*acme, *other)  # these are remembered tokens
        self.revoke("where", "tenant=acme")
        self.assert_refused("revoked", *acme[:2])
        self.assert_accepted(acme[2], *other)
        self.revoke("where", "groups=7")
        self.assert_refused("revoked", *acme)
        self.assert_accepted(*other)
        undeclared = self.rescind("revoke", "where", "colour=red", "--issuer",
                                  self.provider.issuer, "--reason", "test")
        self.assertNotEqual(undeclared.returncode, 0)
        self.assertIn("declare", undeclared.stderr)

    def test_a_session_a_user_and_a_token_are_revoked_as_our_own_are(self):
        mine = self.provider.token(session_id="s-1", sub="alice", jti="j-1")
        session = self.provider.token(session_id="s-1", sub="alice", jti="j-2")
        user = self.provider.token(session_id="s-2", sub="alice", jti="j-3")
        other = self.provider.token(session_id="s-3", sub="bob", jti="j-4")
        own = self.authority
        own.add_user()
        ours = own.login()["access_token"]
        self.assert_accepted(mine, session, user, other, ours)
        self.assertEqual(own.revoke("jti", "j-1", wait=10,
                                    issuer=self.provider.issuer)["propagation"]["complete"], True)
        self.assert_refused("revoked", mine)
        self.assert_accepted(session, user, other, ours)
        self.revoke("session", "s-1")
        self.assert_refused("revoked", mine, session)
        self.assert_accepted(user, other, ours)
        self.revoke("user", "alice")
        self.assert_refused("revoked", mine, session, user)
        self.assert_accepted(other, ours)

    def test_a_new_key_is_noticed_and_a_stolen_one_is_refused(self):
        before = self.provider.token()
        self.assert_accepted(before)
        fetched = self.fetches()
        self.provider.rotate("idp-2")
        after = self.provider.token()
        # The first token with the new key is why the key set is fetched.
        until(lambda: self.authz.check(after).status == 200, "the new key is known")
        self.assertEqual(self.fetches(), fetched + 1)
        self.assert_accepted(before)
        self.revoke("key", "idp-1")
        self.assert_refused("revoked", before)
        self.assert_accepted(after)

    def test_keys_that_nobody_has_cause_a_request_a_second_at_most(self):
        good = self.provider.token()
        self.assert_accepted(good)
        fetched = self.fetches()
        parts = good.split(".")
        began = time.monotonic()
        for i in range(500):
            header = base64url(b'{"alg":"RS256","typ":"at+jwt","kid":"k-%d"}' % i)
            self.assert_refused("unknown_key", ".".join([header, *parts[1:]]))
        self.assertLessEqual(self.fetches() - fetched, 1 + int(time.monotonic() - began))
        self.assert_accepted(good)

    def test_nothing_that_a_token_names_is_ever_fetched(self):
        good = self.provider.token()
        self.assert_accepted(good)
        asked = len(self.provider.asked)
        there = f"http://127.0.0.1:{self.provider.port}/evil"
        for header in ({"jku": there}, {"x5u": there}, {"jwk": self.provider.keys[0].jwk()},
                       {"x5c": ["AA=="]}):
            self.assert_refused("header", self.provider.token(header=header))
        self.assert_refused("issuer", self.provider.token(iss=there))
        self.assert_refused("unknown_key", self.provider.token(header={"kid": there}))
        self.assertNotIn("/evil", "".join(self.provider.asked[asked:]))
        self.assert_accepted(good)

    def test_old_keys_go_on_while_the_provider_is_gone(self):
        good = self.provider.token(tenant="acme")
        self.assert_accepted(good)
        self.provider.close()
        self.assert_accepted(good, self.provider.token(jti="another"))
        self.revoke("where", "tenant=acme")
        self.assert_refused("revoked", good)


class WithoutKeyId(World):
    kid = None

    def test_a_key_revocation_hits_tokens_that_name_no_key(self):
        token = self.provider.token()
        self.assert_accepted(token)
        self.authority.revoke("kid", self.provider.keys[0].thumbprint(), wait=10,
                              issuer=self.provider.issuer)
        self.assert_refused("revoked", token)


class SharedSecret(unittest.TestCase):
    issuer = "https://old.corp.example"
    secret = b"a secret of exactly 32 bytes ..."

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.authority = self.folder.keep(Authority(
            self.folder.path, trusted_issuers=[{"url": self.issuer}])).start()

    def follower(self, secret, name="authz"):
        file = self.folder.path / "secret"
        file.write_bytes(secret)
        return self.folder.keep(Authz(
            self.folder.path, self.authority, name,
            trusted_issuers=[{"url": self.issuer, "audiences": ["orders"], "algorithms": ["HS256"],
                              "shared_secret_file": str(file), "shared_secret_kid": "hs-1"}]))

    def claims(self, **more):
        now = int(time.time())
        return {"iss": self.issuer, "sub": "u-1", "aud": "orders", "iat": now - 10,
                "exp": now + 600, "jti": "j-1", **more}

    def test_tokens_of_a_shared_secret_are_accepted_and_revoked(self):
        authz = self.follower(self.secret).start()
        good = token_with_secret(self.secret, self.claims())
        named = token_with_secret(self.secret, self.claims(jti="j-2"), {"kid": "hs-1"})
        for token in (good, named):
            self.assertEqual(authz.check(token).status, 200)
        self.authority.add_user()
        ours = self.authority.login()["access_token"]
        own_claims = {**self.claims(), "iss": self.authority.issuer}
        key = base64url(b"x" * 32).encode()
        for token, reason in (
                (token_with_secret(b"another secret of 32 bytes .....", self.claims()), "signature"),
                (token_with_secret(b"", self.claims(), {"kid": "nobody"}), "unknown_key"),
                (token_with_secret(self.secret, self.claims(), {"alg": "HS512"}), "algorithm"),
                (token_with_secret(self.secret, self.claims(), {"alg": "none"}), "algorithm"),
                (token_with_secret(key, own_claims), "algorithm")):
            answer = authz.check(token)
            self.assertEqual((answer.status, answer.headers["x-rescind-reason"]), (401, reason))
        self.assertEqual(authz.check(ours).status, 200)
        self.authority.revoke("jti", "j-1", issuer=self.issuer, wait=10)
        self.assertEqual(authz.check(good).headers["x-rescind-reason"], "revoked")
        self.assertEqual(authz.check(named).status, 200)

    def test_a_secret_shorter_than_its_hash_is_refused_at_the_start(self):
        authz = self.follower(self.secret[:31])
        checked = subprocess.run([RESCIND, "authz", "--check", "--config", str(authz.config)],
                                 capture_output=True, text=True, timeout=30)
        self.assertEqual(checked.returncode, 3, checked)
        self.assertIn("31 bytes", checked.stderr)
        self.assertIn(self.issuer, checked.stderr)
        self.assertNotIn(self.secret[:31].decode(), checked.stderr + checked.stdout)


class Unreachable(World):
    def test_a_provider_that_fails_holds_up_nobody_else(self):
        self.provider.failing = True
        second = self.folder.keep(Authz(
            self.folder.path, self.authority, "second",
            trusted_issuers=[{"url": self.provider.issuer, "audiences": ["orders"],
                              "unknown_key_pause": "1s"}])).start()
        self.authority.add_user()
        self.assertEqual(second.check(self.authority.login()["access_token"]).status, 200)
        token = self.provider.token()
        self.assertEqual(second.check(token).status, 503)
        metrics = request(second.admin_port, "GET", "/metrics").body.decode()
        self.assertIn(f'rescind_issuer_keys{{issuer="{self.provider.issuer}"}} 0', metrics)
        self.provider.failing = False
        until(lambda: second.check(token).status == 200, "it is asked again")
