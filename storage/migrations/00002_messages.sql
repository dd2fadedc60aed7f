-- Messages come in through inbox and leave through deliveries.

CREATE TABLE inbox (
  id SERIAL,
  platform VARCHAR(32) NOT NULL,
  msg_key VARCHAR(191) NOT NULL,
  chat_platform VARCHAR(32) NOT NULL,
  chat_id VARCHAR(191) NOT NULL,
  kind VARCHAR(16) NOT NULL,
  body MEDIUMTEXT NOT NULL,
  received_at BIGINT NOT NULL,
  status TINYINT NOT NULL,
  done_at BIGINT NOT NULL,
  error TEXT NOT NULL
);
CREATE UNIQUE INDEX inbox_key ON inbox (platform, msg_key);
CREATE INDEX inbox_chat ON inbox (status, chat_platform, chat_id, id);

-- One row for each chat that ever wrote: when its waiting messages are due (0: none wait), how far
-- further messages can put that off, and who answers them. due_at of a claimed chat is the end of
-- the claim.
CREATE TABLE chats (
  platform VARCHAR(32) NOT NULL,
  chat_id VARCHAR(191) NOT NULL,
  due_at BIGINT NOT NULL,
  latest_at BIGINT NOT NULL,
  token VARCHAR(32) NOT NULL,
  attempts INT NOT NULL,
  changes BIGINT NOT NULL,
  PRIMARY KEY (platform, chat_id)
);
CREATE INDEX chats_due ON chats (due_at);

CREATE TABLE talks (
  platform VARCHAR(32) NOT NULL,
  chat_id VARCHAR(191) NOT NULL,
  state MEDIUMTEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (platform, chat_id)
);

-- Message logs that are pulled. wanted counts the requests, seen is the count at the last claim;
-- due_at 0: nothing to pull.
CREATE TABLE cursors (
  name VARCHAR(191) NOT NULL PRIMARY KEY,
  cursor_at TEXT NOT NULL,
  token TEXT NOT NULL,
  claim VARCHAR(32) NOT NULL,
  due_at BIGINT NOT NULL,
  wanted BIGINT NOT NULL,
  seen BIGINT NOT NULL
);
CREATE INDEX cursors_due ON cursors (due_at);

CREATE TABLE deliveries (
  id SERIAL,
  msg_key VARCHAR(191) NOT NULL,
  platform VARCHAR(32) NOT NULL,
  chat_id VARCHAR(191) NOT NULL,
  kind VARCHAR(64) NOT NULL,
  order_id VARCHAR(32) NOT NULL,
  body MEDIUMTEXT NOT NULL,
  replaces BIGINT NOT NULL,
  code TEXT NOT NULL,
  not_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  status TINYINT NOT NULL,
  due_at BIGINT NOT NULL,
  attempts INT NOT NULL,
  token VARCHAR(32) NOT NULL,
  sent_at BIGINT NOT NULL,
  receipt TEXT NOT NULL,
  error TEXT NOT NULL
);
CREATE UNIQUE INDEX deliveries_key ON deliveries (msg_key);
CREATE INDEX deliveries_due ON deliveries (status, due_at);
CREATE INDEX deliveries_chat ON deliveries (status, platform, chat_id, id);
CREATE INDEX deliveries_sent ON deliveries (platform, chat_id, sent_at);
CREATE INDEX deliveries_order ON deliveries (order_id, kind);

CREATE TABLE bindings (
  id SERIAL,
  platform VARCHAR(32) NOT NULL,
  person VARCHAR(191) NOT NULL,
  customer VARCHAR(64) NOT NULL,
  by_staff VARCHAR(64) NOT NULL,
  at BIGINT NOT NULL
);
CREATE UNIQUE INDEX bindings_person ON bindings (platform, person, customer);
CREATE INDEX bindings_customer ON bindings (customer);

-- Accounts that are a customer's, or are proposed to be. ended is 0 while a link is proposed, confirmed or refused, else its own id: of an
-- account and a customer one is open at most.
CREATE TABLE links (
  id SERIAL,
  kind VARCHAR(32) NOT NULL,
  account VARCHAR(191) NOT NULL,
  customer VARCHAR(64) NOT NULL,
  state VARCHAR(16) NOT NULL,
  why TEXT NOT NULL,
  by_code VARCHAR(128) NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL,
  decided_by VARCHAR(128) NOT NULL,
  decided_name TEXT NOT NULL,
  decided_at BIGINT NOT NULL,
  ended_by VARCHAR(128) NOT NULL,
  ended_name TEXT NOT NULL,
  ended_at BIGINT NOT NULL,
  ended BIGINT NOT NULL
);
CREATE UNIQUE INDEX links_account ON links (kind, account, customer, ended);
CREATE INDEX links_customer ON links (customer, kind);
CREATE INDEX links_state ON links (state, id);

CREATE TABLE binding_codes (
  code VARCHAR(64) NOT NULL PRIMARY KEY,
  customer VARCHAR(64) NOT NULL,
  by_staff VARCHAR(64) NOT NULL,
  until BIGINT NOT NULL,
  used_at BIGINT NOT NULL
);

CREATE TABLE binding_tries (
  id SERIAL,
  platform VARCHAR(32) NOT NULL,
  person VARCHAR(191) NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX binding_tries_person ON binding_tries (platform, person, at);

CREATE TABLE order_links (
  order_id VARCHAR(32) NOT NULL PRIMARY KEY,
  token VARCHAR(64) NOT NULL
);
CREATE UNIQUE INDEX order_links_token ON order_links (token);
