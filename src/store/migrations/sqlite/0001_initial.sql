-- The authority's state. Times are milliseconds since 1970, unless a name ends in _seconds.

-- The end of the feed, and what every transaction starts from: one row.
CREATE TABLE head (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  issuer TEXT NOT NULL,
  feed TEXT NOT NULL,
  term INTEGER NOT NULL,
  number INTEGER NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  at INTEGER NOT NULL,
  purge_time INTEGER NOT NULL,
  latest_iat INTEGER NOT NULL,
  longest_lifetime_seconds INTEGER NOT NULL,
  longest_lifetime_issued INTEGER NOT NULL,
  next_lifetime_seconds INTEGER NOT NULL
) STRICT;

-- The tail of the log. Numbers have no holes.
CREATE TABLE batch (
  number INTEGER PRIMARY KEY,
  term INTEGER NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  at INTEGER NOT NULL,
  jws TEXT NOT NULL
) STRICT;

-- The terms that were, for good.
CREATE TABLE term (
  term INTEGER PRIMARY KEY,
  first INTEGER NOT NULL UNIQUE,
  previous BLOB NOT NULL CHECK (length(previous) = 32)
) STRICT;

-- Histories that this one does not contain, each up to a position that somebody had a proof of.
CREATE TABLE loss (
  term INTEGER NOT NULL,
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  recovered_term INTEGER NOT NULL,
  was_cut INTEGER NOT NULL CHECK (was_cut IN (0, 1)),
  proof TEXT NOT NULL,
  PRIMARY KEY (term, number)
) STRICT, WITHOUT ROWID;

-- How each key of the feed was announced: the batch, and the public keys from there on (JSON).
CREATE TABLE announcement (
  number INTEGER PRIMARY KEY,
  jws TEXT NOT NULL,
  keys TEXT NOT NULL
) STRICT;

CREATE TABLE rules (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  number INTEGER NOT NULL,
  json TEXT NOT NULL
) STRICT;

-- What is revoked now: one row per target, joined. cut is null for jti, sid and kid.
-- until_seconds is 9223372036854775807 for what is kept for good. With a rowid, since keys are
-- random: rows are appended, and only an index of small entries is written all over.
CREATE TABLE entry (
  key BLOB PRIMARY KEY CHECK (length(key) = 16),
  issuer TEXT NOT NULL,
  claim TEXT NOT NULL,
  value TEXT NOT NULL,
  value_is_integer INTEGER NOT NULL CHECK (value_is_integer IN (0, 1)),
  cut_term INTEGER,
  cut_number INTEGER,
  until_seconds INTEGER NOT NULL,
  reason INTEGER NOT NULL CHECK (reason BETWEEN 0 AND 2)
) STRICT;
CREATE INDEX entry_until ON entry (until_seconds);

-- What was done: one row per acknowledged act.
CREATE TABLE revocation_record (
  term INTEGER NOT NULL,
  number INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  issuer TEXT NOT NULL,
  claim TEXT NOT NULL,
  value TEXT NOT NULL,
  value_is_integer INTEGER NOT NULL CHECK (value_is_integer IN (0, 1)),
  cut_term INTEGER,
  cut_number INTEGER,
  until_seconds INTEGER NOT NULL,
  reason INTEGER NOT NULL CHECK (reason BETWEEN 0 AND 2),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (term, number, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  credential_version INTEGER NOT NULL,
  disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),
  administrator INTEGER NOT NULL CHECK (administrator IN (0, 1)),
  created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE client (
  id TEXT PRIMARY KEY,
  secret_hash BLOB NOT NULL CHECK (length(secret_hash) = 32),
  roles TEXT NOT NULL,
  disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),
  created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- subject has no reference to account: users may live elsewhere (POST /v1/sessions).
CREATE TABLE session (
  id TEXT PRIMARY KEY,
  subject TEXT NOT NULL,
  client_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  audience TEXT NOT NULL, -- a JSON array of strings
  email TEXT NOT NULL,
  stamp_term INTEGER NOT NULL,
  stamp_number INTEGER NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  last_access_expiry_seconds INTEGER NOT NULL,
  address TEXT NOT NULL,
  user_agent TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_subject ON session (subject, id);
CREATE INDEX session_expires ON session (expires);

CREATE TABLE refresh_token (
  hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
  session_id TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
  parent BLOB CHECK (length(parent) = 32),
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 1),
  created INTEGER NOT NULL,
  rotated INTEGER NOT NULL,
  successor_used INTEGER NOT NULL CHECK (successor_used IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_token_session ON refresh_token (session_id);

CREATE TABLE signing_key (
  id TEXT PRIMARY KEY,
  algorithm TEXT NOT NULL,
  sealed_pem TEXT NOT NULL,
  public_jwk TEXT NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  last_expiry_seconds INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
