"""An OpenID provider in a thread of the test: discovery, a key set, RS256 by the openssl command.

It counts what it is asked, rotates its key, and can be made to fail or to be gone.
"""

import base64
import hmac
import http.server
import json
import subprocess
import threading
import time


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token_with_secret(secret, claims, header=None):
    """HS256, as a provider signs it that shares a secret."""
    head = {"alg": "HS256", "typ": "at+jwt", **(header or {})}
    text = ".".join(base64url(json.dumps(part).encode()) for part in (head, claims))
    return text + "." + base64url(hmac.digest(secret, text.encode(), "sha256"))


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True,
                          check=True).stdout


class Key:
    def __init__(self, folder, kid):
        self.kid = kid
        self.file = folder / f"{kid or 'without-kid'}.pem"
        openssl("genrsa", "-out", str(self.file), "2048")
        modulus = openssl("rsa", "-in", str(self.file), "-noout", "-modulus")
        self.modulus = base64url(bytes.fromhex(modulus.decode().split("=")[1].strip()))

    def jwk(self):
        jwk = {"kty": "RSA", "use": "sig", "alg": "RS256", "n": self.modulus, "e": "AQAB"}
        return {**jwk, "kid": self.kid} if self.kid else jwk

    def thumbprint(self):
        """RFC 7638."""
        text = json.dumps({"e": "AQAB", "kty": "RSA", "n": self.modulus}, separators=(",", ":"))
        return base64url(openssl("dgst", "-sha256", "-binary", data=text.encode()))

    def sign(self, text):
        return openssl("dgst", "-sha256", "-sign", str(self.file), data=text)


class IdentityProvider:
    """Listens from its making on; `close` ends it, `open` begins again at the same port."""

    def __init__(self, folder, kid="idp-1"):
        self.folder = folder
        self.keys = [Key(folder, kid)]
        self.failing = False
        self.asked = []
        self.server = None
        self.port = 0
        self.open()

    @property
    def issuer(self):
        return f"http://127.0.0.1:{self.port}/realms/main"

    def open(self):
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                status, body = provider.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def answer(self, path):
        self.asked.append(path)
        if self.failing:
            return 500, b"<html>out of order</html>"
        if path == "/realms/main/.well-known/openid-configuration":
            document = {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"}
        elif path == "/realms/main/keys":
            document = {"keys": [key.jwk() for key in self.keys]}
        else:
            return 404, b""
        return 200, json.dumps(document).encode()

    def rotate(self, kid):
        """A new key signs from now on; the one before stays in the set."""
        self.keys = [Key(self.folder, kid), self.keys[0]]

    def token(self, key=None, header=None, **claims):
        key = key or self.keys[0]
        now = int(time.time())
        head = {"alg": "RS256", "typ": "at+jwt", **(header or {})}
        if key.kid:
            head.setdefault("kid", key.kid)
        body = {"iss": self.issuer, "sub": "u-1", "aud": "orders", "iat": now - 10,
                "exp": now + 600, "jti": base64url(now.to_bytes(8, "big")) + str(len(self.asked)),
                **claims}
        text = ".".join(base64url(json.dumps(part).encode()) for part in (head, body))
        return text + "." + base64url(key.sign(text.encode()))
