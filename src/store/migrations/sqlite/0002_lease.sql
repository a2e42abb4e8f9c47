-- Which node publishes to a transport until when, and how far that has got.
CREATE TABLE lease (
  transport TEXT PRIMARY KEY,
  node TEXT NOT NULL,
  until INTEGER NOT NULL,
  term INTEGER NOT NULL,
  number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
