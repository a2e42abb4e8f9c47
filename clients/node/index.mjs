import rescind from './index.js';

export const {
  open, version, Claims, RefusedError, Rescind, StaleError, express, expressJwt, fastifyJwt,
} = rescind;
export default rescind;
