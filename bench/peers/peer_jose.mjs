// jose: on WebCrypto, each token waited for.

import { audience, issuer, keyOf, load, measure } from "./peer.mjs";

const jose = await load("jose");

for (const algorithm of ["RS256", "PS256", "ES256", "EdDSA", "HS256"]) {
  const text = keyOf(algorithm);
  const key =
    algorithm === "HS256" ? new TextEncoder().encode(text) : await jose.importSPKI(text, algorithm);
  const options = { algorithms: [algorithm], issuer, audience };
  const verify = async (token) => (await jose.jwtVerify(token, key, options)).payload;
  await measure({ name: "jose", algorithm, verify, waits: true });
}
