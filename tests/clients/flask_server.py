"""Flask-JWT-Extended with rescind.flask.token_in_blocklist: PORT CONFIG JWK"""

import json
import sys

import flask
import jwt
from flask_jwt_extended import JWTManager, get_jwt_identity, jwt_required

import rescind
import rescind.flask

r = rescind.open(json.loads(sys.argv[2]))
app = flask.Flask(__name__)
app.config.update(
    JWT_ALGORITHM="ES256",
    JWT_DECODE_AUDIENCE="orders",
    JWT_PUBLIC_KEY=jwt.PyJWK(json.loads(sys.argv[3])).key,
)
manager = JWTManager(app)
manager.token_in_blocklist_loader(rescind.flask.token_in_blocklist(r))


@app.get("/orders")
@jwt_required()
def orders():
    return {"sub": get_jwt_identity()}


app.run("127.0.0.1", int(sys.argv[1]))
