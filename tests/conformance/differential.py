"""Holds the verifier against a strict reference, written by somebody else in another language over
another library. What we accept it has to accept, too; and what it accepts we refuse for no reason
but those that are written down here.

    differential.py PROGRAM TOOLS COUNT SEED

PROGRAM is rescind_differential, TOOLS the folder of strict_jws_ref.py, unless RESCIND_VECTORS names
the folder beside it. The reference checks form,
header, key and signature; the claims are checked here. Ends with 77 (not run) where the reference or
its library is not there.
"""

import importlib.util
import json
import os
import subprocess
import sys

NOT_RUN = 77


def not_run(why):
    print("differential: NOT RUN:", why)
    sys.exit(NOT_RUN)


def with_library():
    """This interpreter, or Debian's, which has its own packages."""
    if importlib.util.find_spec("cryptography"):
        return
    other = "/usr/bin/python3"
    found = os.path.exists(other) and subprocess.run(
        [other, "-c", "import cryptography"], capture_output=True).returncode == 0
    if not found or os.environ.get("RESCIND_DIFFERENTIAL_AGAIN"):
        not_run("no Python here has the module cryptography (python3-cryptography)")
    os.environ["RESCIND_DIFFERENTIAL_AGAIN"] = "1"
    os.execv(other, [other, *sys.argv])


def reference(tools):
    file = os.path.join(tools, "strict_jws_ref.py")
    if not os.path.exists(file):
        not_run(f"no {file}; set RESCIND_VECTORS to the folder beside it")
    spec = importlib.util.spec_from_file_location("strict_jws_ref", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


def finite(text):
    """A number that no double holds is refused wherever it stands."""
    if abs(number := float(text)) == float("inf"):
        raise ValueError(f"{text} is too large")
    return number


def is_date(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def check_claims(claims, header, policy):
    """RFC 7519 and RFC 9068, as this verifier is configured."""
    now = policy["now"]
    if not isinstance(claims, dict):
        raise ValueError("no object")
    if not isinstance(header.get("typ"), str) or \
            header["typ"].lower().removeprefix("application/") != "at+jwt":
        raise ValueError("typ")
    if claims.get("iss") != policy["issuer"]:
        raise ValueError("iss")
    audience = claims.get("aud")
    audience = audience if isinstance(audience, list) else [audience]
    if not all(isinstance(one, str) for one in audience) or policy["audience"] not in audience:
        raise ValueError("aud")
    if not isinstance(claims.get("sub"), str):
        raise ValueError("sub")
    for name in ("iss", "sub", "jti", "sid", "client_id", "email", "scope"):
        # They go into headers and logs.
        if any(c < " " or c == "\x7f" for c in str(claims.get(name, ""))):
            raise ValueError(f"control character in {name}")
    if not isinstance(claims.get("jti"), str) or not 1 <= len(claims["jti"].encode()) <= 128:
        raise ValueError("jti")
    if not is_date(claims.get("exp")) or claims["exp"] <= now:
        raise ValueError("exp")
    for name in ("nbf", "iat"):
        if name in claims and (not is_date(claims[name]) or claims[name] > now):
            raise ValueError(name)
    if claims["exp"] - claims.get("iat", now) > policy["max_token_lifetime"]:
        raise ValueError("lives too long")


def check(strict, token, policy):
    token = token.decode("ascii")
    strict.verify(token, policy["jwks"])
    parse = {"object_pairs_hook": strict.nodup, "parse_constant": refuse_constant,
             "parse_float": finite}
    header, claims = (json.loads(strict.b64(part).decode("utf-8"), **parse)
                      for part in token.split(".")[:2])
    # Half of a surrogate pair is no Unicode text; Python reads it all the same.
    json.dumps([header, claims], ensure_ascii=False).encode("utf-8")
    check_claims(claims, header, policy)


def main(program, tools, count, seed):
    with_library()
    vectors = os.environ.get("RESCIND_VECTORS")
    strict = reference(os.path.join(vectors, "..", "tools") if vectors else tools)
    made = subprocess.Popen([program, count, seed], stdout=subprocess.PIPE)
    policy = json.loads(made.stdout.readline())
    tokens = accepted = 0
    wrong = []  # accepted here, refused there
    strict_alone = []  # the other way round
    reasons = {}
    for line in made.stdout:
        one = json.loads(line)
        token = bytes.fromhex(one["token"])
        tokens += 1
        accepted += one["accepted"]
        reasons[one.get("reason", "accepted")] = reasons.get(one.get("reason", "accepted"), 0) + 1
        try:
            check(strict, token, policy)
            if not one["accepted"]:
                strict_alone.append((token, one["reason"]))
        except Exception as why:  # whatever it says, it is a refusal
            if one["accepted"]:
                wrong.append((token, f"{type(why).__name__}: {why}"))
    if made.wait() != 0:
        sys.exit("the program failed")
    print(f"differential: {tokens} tokens (seed {seed}): agree "
          f"{tokens - len(wrong) - len(strict_alone)}, differ {len(wrong) + len(strict_alone)}, "
          f"refused {tokens - accepted}")
    print("  " + ", ".join(f"{name} {number}" for name, number in sorted(reasons.items())))
    for token, why in wrong[:10]:
        print("  ACCEPTED HERE, REFUSED BY THE REFERENCE:", why, token)
    for token, why in strict_alone[:10]:
        print("  refused here, accepted by the reference:", why, token)
    if tokens != int(count) or accepted < tokens // 20 or tokens - accepted < tokens // 4:
        sys.exit("the tokens do not try what they should")
    return 1 if wrong or strict_alone else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
