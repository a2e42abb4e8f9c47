// fast-jwt, without and with its cache (large enough for all tokens: each was seen before).

import { audience, issuer, keyOf, load, measure } from "./peer.mjs";

const { createVerifier } = await load("fast-jwt");
const common = { allowedIss: issuer, allowedAud: audience };

for (const algorithm of ["RS256", "PS256", "ES256", "EdDSA", "HS256"]) {
  const options = { ...common, key: keyOf(algorithm), algorithms: [algorithm] };
  await measure({ name: "fast-jwt", algorithm, verify: createVerifier(options) });
  const cached = createVerifier({ ...options, cache: 5000 });
  await measure({ name: "fast-jwt", algorithm, verify: cached, how: ", cache" });
}
