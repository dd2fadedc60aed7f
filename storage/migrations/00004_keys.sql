-- Secrets that all replicas share, API tokens, taken clock slots, attachments.

CREATE TABLE secrets (
  name VARCHAR(64) NOT NULL PRIMARY KEY,
  value VARCHAR(64) NOT NULL
);

CREATE TABLE api_tokens (
  name VARCHAR(128) NOT NULL PRIMARY KEY,
  hash VARCHAR(64) NOT NULL,
  scopes TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX api_tokens_hash ON api_tokens (hash);

CREATE TABLE slots (
  slot VARCHAR(191) NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL
);
CREATE INDEX slots_at ON slots (at);

CREATE TABLE blobs (
  digest VARCHAR(64) NOT NULL,
  no INT NOT NULL,
  chunks INT NOT NULL,
  data MEDIUMBLOB NOT NULL,
  PRIMARY KEY (digest, no)
);

-- The files of orders. A file that was taken off its order (removed_at) keeps its number.
CREATE TABLE attachments (
  order_id VARCHAR(32) NOT NULL,
  no INT NOT NULL,
  digest VARCHAR(64) NOT NULL,
  name TEXT NOT NULL,
  size INT NOT NULL,
  note TEXT NOT NULL,
  by_person VARCHAR(128) NOT NULL,
  by_name TEXT NOT NULL,
  customer TINYINT NOT NULL,
  at BIGINT NOT NULL,
  removed_at BIGINT NOT NULL,
  removed_by VARCHAR(128) NOT NULL,
  PRIMARY KEY (order_id, no)
);
