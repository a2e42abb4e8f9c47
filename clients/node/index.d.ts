import type { IncomingMessage, ServerResponse } from 'node:http';

/** What docs/library.md describes, or the same as JSON text. */
export type Config = string | Record<string, unknown>;
/** A token's payload: parsed, or JSON text as it was signed. */
export type Payload = string | object;

/**
 * Throws (code RESCIND_OPEN) where the configuration cannot be. Where the index or the feed is only
 * not there yet, everything is stale until it comes.
 */
export function open(config: Config): Rescind;
/** Of the library. */
export const version: string;

/** Who an accepted token is; '' where it has no such claim. */
export class Claims {
  private constructor();
  /** Accepted only because the policy is to accept while nobody can vouch for the index. */
  readonly acceptedStale: boolean;
  readonly issuer: string;
  readonly subject: string;
  readonly tokenId: string;
  readonly sessionId: string;
  readonly clientId: string;
  readonly scope: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  /** The whole payload, as it was signed. */
  readonly payloadJson: string;
  readonly payload: Record<string, unknown>;
}

export type Verdict =
  | { accepted: true; reason: null; stale: boolean; claims: Claims }
  | { accepted: false; reason: string; stale: boolean; claims: null };

export interface State {
  /** "term.number": how far the index has come. */
  position: string;
  /** How old its knowledge is; undefined: it cannot be said. */
  stalenessMs?: number;
  maxStalenessMs: number;
  fresh: boolean;
  /** Why it is not fresh, as far as that is known; '' while it is. */
  error: string;
  /** The index of an agent, not this process's own. */
  shared: boolean;
  onStale: 'refuse' | 'accept';
  revocations: number;
  checks: number;
  signatures: number;
}

export interface Watch {
  /** The callback is not called any more. */
  close(): void;
}

/** Opened once for the process. */
export class Rescind {
  private constructor();
  /** Everything that a token has to be. Never throws for a token; `reason` is a stable word. */
  verify(token: string): Verdict;
  /**
   * The same for a caller who knows of a revocation: `position` is the "term.number" of its header
   * Revocation-Position; undefined, or what is none, is ignored. A token that would be accepted waits
   * until the index has reached it, for `waitMs` (250) and a second at most; else `stale` is true.
   */
  verifyAt(token: string, position: string | undefined, waitMs?: number): Promise<Verdict>;
  /**
   * For who has verified the token already: only whether it has been revoked. Throws StaleError
   * where that cannot be decided, RefusedError where the payload has no `iss` or `exp`.
   */
  isRevoked(payload: Payload, kid?: string): boolean;
  /**
   * For what outlives a request: calls `callback` once, as soon as a token with this payload is
   * revoked, at once where it is already. Not for its expiry. Keeps no process alive.
   */
  onRevoked(payload: Payload, callback: (reason: string) => void, kid?: string): Watch;
  state(): State;
  /** Ends its watches too; what is called later throws (code RESCIND_CLOSED). */
  close(): void;
}

/** The payload cannot be looked up: it is no object, or has no `iss` or `exp`. */
export class RefusedError extends Error {
  readonly code: 'RESCIND_REFUSED';
  readonly reason: string;
  readonly status: 401;
  readonly statusCode: 401;
}

/** Not "revoked" and not "not revoked", but "cannot decide" (HTTP 503). */
export class StaleError extends Error {
  readonly code: 'RESCIND_STALE';
  readonly status: 503;
  readonly statusCode: 503;
  readonly headers: { 'retry-after': string };
}

export interface FrameworkOptions {
  /** Where it cannot be decided: throw StaleError (503, the default), or say "revoked" (401). */
  whenStale?: 'throw' | 'refuse';
}

/** A middleware of its own: `req.auth` is the Claims of a good bearer token. */
export function express(rescind: Rescind, options?: FrameworkOptions): (
  request: IncomingMessage & { auth?: Claims },
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** `isRevoked` of express-jwt. */
export function expressJwt(rescind: Rescind, options?: FrameworkOptions): (
  request: unknown,
  token: { header?: { kid?: string }; payload?: Payload } | undefined,
) => Promise<boolean>;

/** `trusted` of @fastify/jwt. */
export function fastifyJwt(rescind: Rescind, options?: FrameworkOptions): (
  request: unknown,
  token: object,
) => boolean;
