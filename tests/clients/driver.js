'use strict';
// The Node package by lines of JSON, as driver.py is the Python package.

const readline = require('node:readline');
const rescind = require('rescind');

const r = rescind.open(JSON.parse(process.argv[2]));
const watches = new Map();
const events = [];

function trouble(error) {
  if (error instanceof rescind.RefusedError) return { refused: error.reason };
  if (error instanceof rescind.StaleError) return { stale: true };
  throw error;
}

function verdict({ accepted, reason, stale, claims }) {
  if (stale) return { stale: true };
  if (!accepted) return { refused: reason };
  return {
    claims: {
      issuer: claims.issuer, subject: claims.subject, token_id: claims.tokenId,
      session_id: claims.sessionId, client_id: claims.clientId, scope: claims.scope,
      expires_at: claims.expiresAt, payload: claims.payload,
    },
  };
}

const answers = {
  verify: (token) => verdict(r.verify(token)),
  verify_at: async (token, { position, wait_ms: waitMs }) =>
    verdict(await r.verifyAt(token, position ?? undefined, waitMs)),
  is_revoked(payload, { kid }) {
    try {
      return { revoked: r.isRevoked(payload, kid) };
    } catch (error) {
      return trouble(error);
    }
  },
  watch(payload, { name }) {
    try {
      watches.set(name, r.onRevoked(payload, (reason) => events.push([name, reason])));
    } catch (error) {
      return trouble(error);
    }
    return {};
  },
  unwatch(name) {
    watches.get(name).close();
    watches.delete(name);
    return {};
  },
  happened: () => ({ events: events.sort() }),
  state() {
    const state = r.state();
    return {
      position: state.position, fresh: state.fresh, shared: state.shared,
      on_stale: state.onStale, known: state.stalenessMs !== undefined,
      revocations: state.revocations,
      error: state.error, checks: state.checks, signatures: state.signatures,
    };
  },
  // Nanoseconds of the processor for a call, warm, each the best of five.
  cost(token) {
    const { payload } = r.verify(token).claims;
    const best = (call) => {
      const times = [];
      for (let turn = 0; turn < 5; turn++) {
        const began = process.cpuUsage();
        for (let i = 0; i < 20_000; i++) call();
        const { user, system } = process.cpuUsage(began);
        times.push((user + system) * 1000 / 20_000);
      }
      return Math.round(Math.min(...times));
    };
    return {
      verify: best(() => r.verify(token)), is_revoked: best(() => r.isRevoked(payload)),
    };
  },
  open(config) {
    try {
      rescind.open(config).close();
    } catch (error) {
      return { error: error.message };
    }
    return {};
  },
  close() {
    r.close();
    try {
      r.state();
    } catch (error) {
      return { error: error.message };
    }
    return {};
  },
};

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const question = JSON.parse(line);
  const [name, value] = Object.entries(question)[0];
  console.log(JSON.stringify(await answers[name](value, question)));
});
