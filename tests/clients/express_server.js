'use strict';
// Express: express-jwt with rescind.expressJwt at /orders and /refusing, rescind.express at /plain.
// PORT CONFIG JWK

const crypto = require('node:crypto');
const express = require('express');
const { expressjwt } = require('express-jwt');
const rescind = require('rescind');

const [port, config, jwk] = process.argv.slice(2);
const r = rescind.open(JSON.parse(config));
const key = crypto.createPublicKey({ key: JSON.parse(jwk), format: 'jwk' });
const guard = (options) => expressjwt({
  secret: key, algorithms: ['ES256'], isRevoked: rescind.expressJwt(r, options),
});
const answer = (request, response) => response.json({ sub: request.auth.sub });

const app = express();
app.get('/orders', guard(), answer);
app.get('/refusing', guard({ whenStale: 'refuse' }), answer);
app.get('/plain', rescind.express(r), (request, response) =>
  response.json({ sub: request.auth.subject }));
app.use((error, request, response, next) =>
  error.name === 'UnauthorizedError'
    ? response.status(error.status).json({ code: error.code })
    : next(error));
app.listen(Number(port), '127.0.0.1');
