-- Signed requests that were committed, until they expire: each counts once.
CREATE TABLE request_seen (
  client_id TEXT NOT NULL,
  jti TEXT NOT NULL,
  expires_seconds INTEGER NOT NULL,
  PRIMARY KEY (client_id, jti)
) STRICT, WITHOUT ROWID;
CREATE INDEX request_seen_expiry ON request_seen (expires_seconds);
