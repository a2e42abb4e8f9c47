// jsonwebtoken: keys as objects made once (a string would be read for every token). No EdDSA in it.

import { createPublicKey, createSecretKey } from "node:crypto";
import { audience, issuer, keyOf, load, measure } from "./peer.mjs";

const { default: jsonwebtoken } = await load("jsonwebtoken");

for (const algorithm of ["RS256", "PS256", "ES256", "HS256"]) {
  const text = keyOf(algorithm);
  const key = algorithm === "HS256" ? createSecretKey(text, "utf8") : createPublicKey(text);
  const options = { algorithms: [algorithm], issuer, audience };
  const verify = (token) => jsonwebtoken.verify(token, key, options);
  await measure({ name: "jsonwebtoken", algorithm, verify });
}
