"""PyJWT with its crypto extra: python3 peer_pyjwt.py FOLDER TURNS TURN_MS. FOLDER is described in
tokens.h. A line of JSON for each algorithm; nanoseconds of CPU a token, the median of the turns."""

import importlib.metadata
import json
import pathlib
import statistics
import sys
import time

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_public_key

FOLDER = pathlib.Path(sys.argv[1])
TURNS = int(sys.argv[2])
TURN_SECONDS = int(sys.argv[3]) / 1000


def key_of(algorithm):
    if algorithm == "HS256":
        return (FOLDER / "HS256.secret").read_bytes()
    return load_pem_public_key((FOLDER / f"{algorithm}.pem").read_bytes())


def verify(token, key, algorithm):
    claims = jwt.decode(token, key, algorithms=[algorithm], issuer="https://auth.example.com",
                        audience="https://api.example.com")
    assert len(claims["sub"]) == 36


def accepts(token, key, algorithm):
    try:
        verify(token, key, algorithm)
        return True
    except jwt.InvalidSignatureError:
        return False


def turn(tokens, key, algorithm):
    begin = time.process_time()
    calls = 0
    while time.process_time() - begin < TURN_SECONDS:
        for token in tokens[:16]:
            verify(token, key, algorithm)
        calls += 16
        tokens = tokens[16:] + tokens[:16]
    return (time.process_time() - begin) / calls * 1e9


for name in ["RS256", "PS256", "ES256", "EdDSA", "HS256"]:
    all_tokens = (FOLDER / f"{name}.tokens").read_text().split()
    forged = all_tokens[0].rsplit(".", 1)[0] + "." + all_tokens[1].rsplit(".", 1)[1]
    assert not accepts(forged, key_of(name), name), "PyJWT accepts a forged token"
    took = [turn(all_tokens, key_of(name), name) for _ in range(TURNS + 1)][1:]
    print(json.dumps({"peer": "PyJWT " + importlib.metadata.version("PyJWT"), "algorithm": name,
                      "ns": statistics.median(took)}))
