"""Real servers of real frameworks with the installed packages: sign in, call, revoke, call."""

import json

from world import World, main, request, until

from processes import bearer


class Framework:
    """What each of them shows for one token, from its sign-in to the authority's end."""

    max_staleness_ms = 1500
    paths = ("/orders",)
    with_key = True
    program = None
    wrong_signature = 401

    def start(self):
        self.port = self.server(self.program, *([json.dumps(self.signing_key())] if self.with_key else []))

    def call(self, token=None, path="/orders"):
        return request(self.port, "GET", path, headers=bearer(token) if token else {})

    def check_refusal(self, answer, path):
        """The framework's own words for a token that was revoked."""
        raise NotImplementedError

    def test_sign_in_call_revoke_call(self):
        self.start()
        signed_in = self.authority.login()
        token = signed_in["access_token"]
        other = self.authority.login("bob")["access_token"]
        for path in self.paths:
            until(lambda: self.call(token, path).status == 200, f"{path} answers")
            self.assertEqual(self.call(other, path).status, 200)
            self.assertEqual(self.call(path=path).status, 401)
            self.assertEqual(self.call(token[:-6] + "AAAAAA", path).status, self.wrong_signature)
        sid = self.authority.introspect(token).json()["sid"]
        self.authority.revoke("sid", sid)
        for path in self.paths:
            until(lambda: self.call(token, path).status != 200, "the revocation arrives", 5)
            answer = self.call(token, path)
            self.assertEqual(answer.status, 401, answer)
            self.check_refusal(answer, path)
            self.assertEqual(self.call(other, path).status, 200)

        self.authority.process.kill()
        for path in self.paths:
            until(lambda: self.call(other, path).status != 200, "it is stale", 10)
            self.check_stale(self.call(other, path), path)
        self.authority.start()
        for path in self.paths:
            until(lambda: self.call(other, path).status == 200, "it is fresh again")
            self.assertEqual(self.call(token, path).status, 401)

    def check_stale(self, answer, path):
        if path == "/refusing":
            self.assertEqual(answer.status, 401, answer)
            self.check_refusal(answer, path)
        else:
            self.assertEqual((answer.status, answer.headers.get("retry-after")), (503, "1"), answer)


class FastApi(Framework, World):
    program = "fastapi_server.py"
    with_key = False

    def check_refusal(self, answer, path):
        self.assertEqual(answer.headers["www-authenticate"], 'Bearer error="invalid_token"')

    def test_the_scheme_stands_in_the_description(self):
        self.start()
        document = self.call(path="/openapi.json").json()
        self.assertEqual(document["components"]["securitySchemes"]["HTTPBearer"],
                         {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
        self.assertEqual(document["paths"]["/orders"]["get"]["security"], [{"HTTPBearer": []}])
        self.assertEqual(self.call().headers["www-authenticate"], "Bearer")


class Flask(Framework, World):
    program = "flask_server.py"
    wrong_signature = 422  # its own choice

    def check_refusal(self, answer, path):
        self.assertEqual(answer.json(), {"msg": "Token has been revoked"})


class Express(Framework, World):
    program = "express_server.js"
    paths = ("/plain",)

    def check_refusal(self, answer, path):
        self.assertEqual(answer.headers["www-authenticate"], 'Bearer error="invalid_token"')


class ExpressJwt(Framework, World):
    program = "express_server.js"
    paths = ("/orders", "/refusing")

    def check_refusal(self, answer, path):
        self.assertEqual(answer.json(), {"code": "revoked_token"})


class Fastify(Framework, World):
    program = "fastify_server.js"
    paths = ("/orders", "/fetched", "/refusing")

    def check_refusal(self, answer, path):
        self.assertEqual(answer.json()["code"], "FST_JWT_AUTHORIZATION_TOKEN_UNTRUSTED")


if __name__ == "__main__":
    main()
