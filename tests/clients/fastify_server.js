'use strict';
// Fastify: @fastify/jwt with rescind.fastifyJwt; the key is there at /orders, fetched at /fetched,
// and at /refusing what cannot be decided is refused. PORT CONFIG JWK

const crypto = require('node:crypto');
const fastify = require('fastify');
const jwt = require('@fastify/jwt');
const rescind = require('rescind');

const [port, config, jwk] = process.argv.slice(2);
const r = rescind.open(JSON.parse(config));
const key = crypto.createPublicKey({ key: JSON.parse(jwk), format: 'jwk' })
  .export({ type: 'spki', format: 'pem' });

function guarded(name, secret, options) {
  return async (app) => {
    app.register(jwt, { secret, verify: { algorithms: ['ES256'] },
                        trusted: rescind.fastifyJwt(r, options) });
    app.get(name, { onRequest: (request) => request.jwtVerify() },
            async (request) => ({ sub: request.user.sub }));
  };
}

const app = fastify();
app.register(guarded('/orders', { public: key }));
app.register(guarded('/fetched', async () => key));
app.register(guarded('/refusing', { public: key }, { whenStale: 'refuse' }));
app.listen({ port: Number(port), host: '127.0.0.1' });
