'use strict';
// Is this token good, and has it been revoked? A thin layer over the C ABI of librescind, which lies
// in this package: no rule is written twice.

const os = require('node:os');
const path = require('node:path');
const { setTimeout: pause } = require('node:timers/promises');

// DEEPBIND: Node exports the OpenSSL that is built into it; the library shall have the one that it
// was built against.
function load() {
  const loaded = { exports: {} };
  const flags = os.constants.dlopen.RTLD_NOW | (os.constants.dlopen.RTLD_DEEPBIND || 0);
  process.dlopen(loaded, path.join(__dirname, 'native', 'rescind.node'), flags);
  return loaded.exports;
}

const native = load();

// The words of isRevoked() for "revoked"; any other refuses the payload itself.
const REVOKED = new Set(['revoked', 'signed_out', 'compromised']);

class RefusedError extends Error {
  constructor(reason) {
    super(`the access token is refused: ${reason}`);
    this.name = 'RefusedError';
    this.code = 'RESCIND_REFUSED';
    this.reason = reason;
    this.status = this.statusCode = 401;
  }
}

// `status` and `headers` are read by Express, `statusCode` and `headers` by Fastify.
class StaleError extends Error {
  constructor() {
    super('revocations cannot be checked now');
    this.name = 'StaleError';
    this.code = 'RESCIND_STALE';
    this.status = this.statusCode = 503;
    this.headers = { 'retry-after': '1' };
  }
}

// Who an accepted token is; '' where it has no such claim.
class Claims {
  #payload;
  constructor(acceptedStale, issuer, subject, tokenId, sessionId, clientId, scope, expiresAt,
              payloadJson) {
    this.acceptedStale = acceptedStale;
    this.issuer = issuer;
    this.subject = subject;
    this.tokenId = tokenId;
    this.sessionId = sessionId;
    this.clientId = clientId;
    this.scope = scope;
    this.expiresAt = expiresAt;
    this.payloadJson = payloadJson;
  }
  get payload() {
    return (this.#payload ??= JSON.parse(this.payloadJson));
  }
}

const LONGEST_WAIT_MS = 1000; // as of the library
const LOOK_AGAIN_MS = 2;

function verdictOf(found) {
  if (found === null) return { accepted: false, reason: 'stale', stale: true, claims: null };
  if (typeof found === 'string') {
    return { accepted: false, reason: found, stale: false, claims: null };
  }
  return { accepted: true, reason: null, stale: found.acceptedStale, claims: found };
}

const textOf = (payload) => (typeof payload === 'string' ? payload : JSON.stringify(payload) ?? '');

class Rescind {
  #handle;

  constructor(config) {
    this.#handle = native.open(textOf(config));
  }

  verify(token) {
    return verdictOf(native.verify(this.#handle, token, Claims));
  }

  // The library would wait with this thread, on which all of the process runs.
  async verifyAt(token, position, waitMs = 250) {
    const known = position ?? '';
    const end = performance.now() + Math.min(waitMs, LONGEST_WAIT_MS);
    for (;;) {
      const verdict = verdictOf(native.verifyAt(this.#handle, token, known, Claims));
      if (!verdict.stale || !(performance.now() < end)) return verdict;
      await pause(LOOK_AGAIN_MS);
    }
  }

  isRevoked(payload, kid) {
    const reason = native.isRevoked(this.#handle, textOf(payload), kid);
    if (reason === undefined) return false;
    if (reason === null) throw new StaleError();
    if (REVOKED.has(reason)) return true;
    throw new RefusedError(reason);
  }

  onRevoked(payload, callback, kid) {
    if (typeof callback !== 'function') throw new TypeError('callback has to be a function');
    const watch = native.watch(this.#handle, textOf(payload), kid, (reason) => {
      native.unwatch(watch);
      callback(reason);
    });
    if (watch === null) {
      this.isRevoked(payload, kid); // says why
      throw new RefusedError('claim');
    }
    return { close: () => native.unwatch(watch) };
  }

  state() {
    return native.state(this.#handle);
  }

  close() {
    native.close(this.#handle);
  }
}

module.exports = {
  open: (config) => new Rescind(config),
  version: native.version,
  Claims,
  RefusedError,
  Rescind,
  StaleError,
  ...require('./frameworks.js')(RefusedError, StaleError),
};
