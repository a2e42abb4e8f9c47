'use strict';
// The one function that each framework wants. Where it cannot be decided whether a token is revoked
// they throw StaleError, which the framework answers with 503; with { whenStale: 'refuse' } they say
// "revoked" instead (401). To accept is the library's policy alone: "on_stale" of its configuration.

module.exports = (RefusedError, StaleError) => {
  function isRevoked(rescind, payload, kid, options) {
    try {
      return rescind.isRevoked(payload, kid);
    } catch (error) {
      if (error instanceof RefusedError) return true;
      if (error instanceof StaleError && options.whenStale === 'refuse') return true;
      throw error;
    }
  }

  // `isRevoked` of express-jwt: async (req, token) => boolean; its token is header and payload.
  function expressJwt(rescind, options = {}) {
    return async (request, token) =>
      isRevoked(rescind, token?.payload, token?.header?.kid, options);
  }

  // `trusted` of @fastify/jwt: (request, decodedToken) => boolean; its token is the payload, or with
  // `complete` header and payload. Not a promise: the plugin lets a rejected one end the process.
  function fastifyJwt(rescind, options = {}) {
    return (request, token) => {
      const complete = typeof token?.header === 'object' && typeof token?.payload === 'object';
      return complete
        ? !isRevoked(rescind, token.payload, token.header.kid, options)
        : !isRevoked(rescind, token, undefined, options);
    };
  }

  function challenge(response, text) {
    response.setHeader('WWW-Authenticate', text);
    response.statusCode = 401;
    response.end();
  }

  // A middleware that asks nothing of other packages: req.auth is the Claims of a good bearer token;
  // without one 401 (RFC 6750 3), and StaleError for the error handlers where that cannot be decided.
  function express(rescind, options = {}) {
    return (request, response, next) => {
      const found = /^Bearer +([^ ]+) *$/i.exec(request.headers.authorization ?? '');
      if (!found) return challenge(response, 'Bearer');
      const decision = rescind.verify(found[1]);
      if (decision.accepted) {
        request.auth = decision.claims;
        return next();
      }
      if (decision.stale && options.whenStale !== 'refuse') return next(new StaleError());
      return challenge(response, 'Bearer error="invalid_token"');
    };
  }

  return { express, expressJwt, fastifyJwt };
};
