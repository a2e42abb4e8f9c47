'use strict';
// Handles and watches that end in every order: CONFIG TOKEN PAYLOAD, of which the payload has been
// revoked. Prints "done"; a crash, or a watch that keeps the process alive, is what it looks for.

const { setTimeout: pause } = require('node:timers/promises');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
const assert = require('node:assert');
const rescind = require('rescind');

const [config, token, payload] = isMainThread ? process.argv.slice(2) : workerData;

async function opened() {
  const r = rescind.open(config);
  while (!r.verify(token).accepted) await pause(1); // neither index nor keys are there at once
  return r;
}

const told = (r) => new Promise((resolve) => {
  const keepAlive = setInterval(() => {}, 1000);
  const watch = r.onRevoked(payload, (reason) => {
    clearInterval(keepAlive);
    assert.equal(reason, 'revoked');
    resolve(watch);
  });
});

async function endings() {
  const r = await opened();
  const good = r.verify(token).claims.payload;
  for (let i = 0; i < 100; i++) await told(r);
  const watch = await told(r);
  watch.close();
  watch.close();
  for (let i = 0; i < 100; i++) r.onRevoked(good, assert.fail).close();
  r.onRevoked(payload, assert.fail).close(); // before the word is here
  r.onRevoked(payload, assert.fail);
  r.close();
  r.close();
  watch.close();
  assert.throws(() => r.verify(token), { code: 'RESCIND_CLOSED' });
  assert.throws(() => r.onRevoked(good, assert.fail), { code: 'RESCIND_CLOSED' });

  const closing = await opened();
  const keepAlive = setInterval(() => {}, 1000);
  await new Promise((resolve) => closing.onRevoked(payload, () => resolve(closing.close())));
  clearInterval(keepAlive);
}

async function wrongArguments() {
  const r = await opened();
  assert.throws(() => r.verify(), TypeError);
  assert.throws(() => r.verify(7), TypeError);
  assert.throws(() => r.onRevoked(payload, 7), TypeError);
  assert.throws(() => r.isRevoked(undefined), rescind.RefusedError);
  assert.throws(() => rescind.open(), { code: 'RESCIND_OPEN' });
  r.close();
}

async function main() {
  await endings();
  await wrongArguments();
  let letGo = await opened();
  letGo.onRevoked(letGo.verify(token).claims.payload, console.log);
  letGo = null;
  if (isMainThread) {
    const worker = new Worker(__filename, { workerData: [config, token, payload] });
    await new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject));
    await worker.terminate(); // with a handle and a watch
    globalThis.gc();
    const esm = await import('rescind');
    assert.equal(esm.open, rescind.open);
    assert.equal(esm.default, rescind);
    console.log('done');
  } else {
    parentPort.postMessage('done');
  }
}

main();
