"""Tokens of an identity provider, each with the word that refuses it (None: accepted). Every bad one
is the good one but for what its name says."""

import base64
import json
import time

from identity_provider import base64url


class Maker:
    def __init__(self, provider):
        self.provider = provider
        now = int(time.time())
        self.header = {"alg": "RS256", "typ": "at+jwt", "kid": provider.keys[0].kid}
        self.claims = {"iss": provider.issuer, "sub": "u-1", "aud": "orders", "iat": now - 10,
                       "exp": now + 600, "jti": "j-1", "session_id": "s-1", "tenant": "north"}

    def signed(self, header, payload):
        texts = [part if isinstance(part, str) else json.dumps(part) for part in (header, payload)]
        text = ".".join(base64url(part.encode("utf-8", "surrogatepass")) for part in texts)
        return text + "." + base64url(self.provider.keys[0].sign(text.encode()))

    def token(self, header=None, without=None, **claims):
        claims = {**self.claims, **claims}
        claims.pop(without, None)
        return self.signed({**self.header, **(header or {})}, claims)


def changed(token, part):
    """Another byte in the middle of one of its parts, still base64url."""
    parts = token.split(".")
    raw = bytearray(base64.urlsafe_b64decode(parts[part] + "=" * (-len(parts[part]) % 4)))
    raw[len(raw) // 2] ^= 1
    parts[part] = base64url(bytes(raw))
    return ".".join(parts)


def token_cases(provider):
    make = Maker(provider)
    now = make.claims["iat"]
    good = make.token()
    header, payload, signature = good.split(".")
    twice = json.dumps(make.claims).replace('"sub": "u-1"', '"sub": "u-1", "sub": "root"')
    return {
        "good": (good, None),
        "good, audience in an array": (make.token(aud=["billing", "orders"]), None),
        "good, beyond the basic plane": (make.token(sub="中😀"), None),
        "nothing": ("", "malformed"),
        "one part": (header, "malformed"),
        "two parts": (f"{header}.{payload}", "malformed"),
        "four parts": (good + ".e30", "malformed"),
        "no signature": (f"{header}.{payload}.", "malformed"),
        "padding": (good + "=", "malformed"),
        "a space before it": (" " + good, "malformed"),
        "a line break after it": (good + "\n", "malformed"),
        "a NUL after it": (good + "\0", "malformed"),
        "characters beyond ASCII": (good + "é", "malformed"),
        "half a surrogate pair": (good + "\ud83d", "malformed"),
        "a megabyte": (good + "A" * 1_000_000, "too_large"),
        "no JSON": (make.signed(make.header, "{"), "json"),
        "a name twice": (make.signed(make.header, twice), "json"),
        "a critical extension": (make.token({"crit": ["exp"]}), "crit"),
        "a key within": (make.token({"jwk": provider.keys[0].jwk()}), "header"),
        "a key's place within": (make.token({"jku": provider.issuer + "/keys"}), "header"),
        "no algorithm": (make.token({"alg": "none"}), "algorithm"),
        "a shared secret's algorithm": (make.token({"alg": "HS256"}), "algorithm"),
        "an identity token": (make.token({"typ": "JWT"}), "type"),
        "another issuer": (make.token(iss="https://evil.example"), "issuer"),
        "another audience": (make.token(aud="billing"), "audience"),
        "no expiry": (make.token(without="exp"), "claim"),
        "an expiry that is a text": (make.token(exp=str(now + 600)), "claim"),
        "expired": (make.token(iat=now - 600, exp=now - 300), "expired"),
        "not yet": (make.token(nbf=now + 300), "not_yet_valid"),
        "nobody's key": (make.token({"kid": "idp-2"}), "unknown_key"),
        "another payload": (f"{header}.{make.token(sub='root').split('.')[1]}.{signature}",
                            "signature"),
        "another signature": (changed(good, 2), "signature"),
    }
