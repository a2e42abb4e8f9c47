// What every peer in Node shares: node PEER.mjs FOLDER MODULES TURNS TURN_MS. FOLDER is described in
// tokens.h, MODULES is where bench/peers/setup.sh has installed the packages. A line of JSON for each
// algorithm and way; nanoseconds of the whole process' CPU a token, the median of the turns.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, modules, turns, turnMs] = process.argv.slice(2);
const require = createRequire(join(modules, "package.json"));

export const issuer = "https://auth.example.com";
export const audience = "https://api.example.com";

export const load = async (name) => await import(pathToFileURL(require.resolve(name)));

const version = (name) =>
  JSON.parse(readFileSync(join(modules, "node_modules", name, "package.json"), "utf8")).version;

const read = (name) => readFileSync(join(folder, name), "utf8");

// The PEM of the public key, or the secret.
export const keyOf = (algorithm) =>
  algorithm === "HS256" ? read("HS256.secret") : read(`${algorithm}.pem`);

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
};

const isAccepted = async (verify, token) => {
  try {
    await verify(token);
    return true;
  } catch {
    return false;
  }
};

// `verify` gives the claims, or a promise of them; it throws where it refuses.
export const measure = async ({ name, algorithm, verify, how = "", waits = false }) => {
  const tokens = read(`${algorithm}.tokens`).trim().split("\n");
  const forged = tokens[0].replace(/[^.]*$/, tokens[1].split(".")[2]);
  if (await isAccepted(verify, forged)) throw new Error(`${name} accepts a forged token`);
  let n = 0;
  const turn = async () => {
    const begin = cpu();
    const end = performance.now() + Number(turnMs);
    let calls = 0;
    while (performance.now() < end) {
      for (let i = 0; i < 64; ++i, ++calls) {
        const token = tokens[n++ % tokens.length];
        const claims = waits ? await verify(token) : verify(token);
        if (claims.sub.length !== 36) throw new Error(`${name} does not verify`);
      }
    }
    return (cpu() - begin) / calls;
  };
  await turn(); // compiled by the engine
  await turn();
  const took = [];
  for (let i = 0; i < Number(turns); ++i) took.push(await turn());
  took.sort((a, b) => a - b);
  const ns = took[Math.floor(took.length / 2)];
  console.log(JSON.stringify({ peer: `${name} ${version(name)}${how}`, algorithm, ns }));
};
