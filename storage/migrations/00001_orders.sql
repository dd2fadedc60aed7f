-- Amounts are fen, quantities millionths of a base unit, prices millionths of a yuan, times UTC
-- milliseconds (0: none), lists and records JSON. SERIAL, and what ends a table on MySQL, are
-- filled in per database (migrate.go). Keys compare byte by byte.

CREATE TABLE counters (
  name VARCHAR(64) NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL
);

INSERT INTO counters (name, value) VALUES ('catalog', 0), ('claim.deliveries', 0), ('rules', 0);

CREATE TABLE orders (
  id VARCHAR(32) NOT NULL PRIMARY KEY,
  version INT NOT NULL,
  revision INT NOT NULL,
  customer VARCHAR(64) NOT NULL,
  customer_name TEXT NOT NULL,
  sales VARCHAR(64) NOT NULL,
  source TEXT NOT NULL,
  total BIGINT NOT NULL,
  freight BIGINT NOT NULL CHECK (freight >= 0),
  freight_rule TEXT NOT NULL,
  deliver_by VARCHAR(64) NOT NULL,
  urgent TINYINT NOT NULL,
  urgent_words TEXT NOT NULL,
  use_safety TINYINT NOT NULL,
  waits TINYINT NOT NULL,
  green TEXT NOT NULL,
  carrier VARCHAR(64) NOT NULL,
  warehouse TEXT NOT NULL,
  contact TEXT NOT NULL,
  phone TEXT NOT NULL,
  address TEXT NOT NULL,
  payment TEXT NOT NULL,
  staged MEDIUMTEXT NOT NULL,
  po TEXT NOT NULL,
  note TEXT NOT NULL,
  internal_note TEXT NOT NULL,
  requirement TEXT NOT NULL,
  extra TEXT NOT NULL,
  papers TEXT NOT NULL,
  slot VARCHAR(96),
  slot_with TEXT NOT NULL,
  questions MEDIUMTEXT NOT NULL,
  findings MEDIUMTEXT NOT NULL,
  classes TEXT NOT NULL,
  exception_reason TEXT NOT NULL,
  status VARCHAR(32) NOT NULL,
  close_reason TEXT NOT NULL,
  route TEXT NOT NULL,
  rules INT NOT NULL,
  exposure BIGINT NOT NULL,
  priority INT NOT NULL,
  priority_why TEXT NOT NULL,
  marks TEXT NOT NULL,
  node_count INT NOT NULL,
  held BIGINT NOT NULL CHECK (held >= 0),
  invoiced BIGINT NOT NULL,
  shipment_count INT NOT NULL,
  change_count INT NOT NULL,
  return_count INT NOT NULL,
  alert TEXT NOT NULL,
  work MEDIUMTEXT NOT NULL,
  family VARCHAR(32) NOT NULL,
  kin TEXT NOT NULL,
  asked INT NOT NULL,
  corrected INT NOT NULL,
  changed INT NOT NULL,
  heard_at BIGINT NOT NULL,
  bot_ms BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  confirmed_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  reserved_until BIGINT NOT NULL,
  reached TEXT NOT NULL,
  next_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX orders_slot ON orders (slot);
CREATE INDEX orders_customer ON orders (customer, created_at);
CREATE INDEX orders_confirmed ON orders (customer, confirmed_at);
CREATE INDEX orders_status ON orders (status, created_at);
CREATE INDEX orders_sales ON orders (sales, status, created_at);
CREATE INDEX orders_next ON orders (next_at);
CREATE INDEX orders_created ON orders (created_at);
CREATE INDEX orders_family ON orders (family);
CREATE INDEX orders_waits ON orders (waits, confirmed_at);

CREATE TABLE order_lines (
  order_id VARCHAR(32) NOT NULL,
  no INT NOT NULL,
  product VARCHAR(64) NOT NULL,
  name TEXT NOT NULL,
  spec TEXT NOT NULL,
  quantity BIGINT NOT NULL,
  unit TEXT NOT NULL,
  base BIGINT NOT NULL,
  base_unit TEXT NOT NULL,
  gift TINYINT NOT NULL,
  options TEXT NOT NULL,
  price BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  price_rule TEXT NOT NULL,
  price_mode VARCHAR(32) NOT NULL,
  list_price BIGINT NOT NULL,
  stated BIGINT,
  available BIGINT NOT NULL,
  reserved BIGINT NOT NULL CHECK (reserved >= 0),
  expected VARCHAR(10) NOT NULL,
  sent BIGINT NOT NULL DEFAULT 0 CHECK (sent >= 0),
  later BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (order_id, no),
  FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE INDEX order_lines_product ON order_lines (product);

CREATE TABLE order_nodes (
  order_id VARCHAR(32) NOT NULL,
  seq INT NOT NULL,
  role VARCHAR(32) NOT NULL,
  also TEXT NOT NULL,
  stage INT NOT NULL,
  status VARCHAR(16) NOT NULL,
  decided_by VARCHAR(64) NOT NULL,
  name TEXT NOT NULL,
  decided_at BIGINT NOT NULL,
  reason TEXT NOT NULL,
  time_limit BIGINT NOT NULL,
  workdays TINYINT NOT NULL,
  opened_at BIGINT NOT NULL,
  remind_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  reminded INT NOT NULL,
  extra TEXT NOT NULL,
  assignee VARCHAR(64) NOT NULL,
  assignee_name TEXT NOT NULL,
  PRIMARY KEY (order_id, seq),
  FOREIGN KEY (order_id) REFERENCES orders (id)
);

CREATE TABLE shipments (
  order_id VARCHAR(32) NOT NULL,
  no INT NOT NULL,
  stage INT NOT NULL,
  carrier VARCHAR(64) NOT NULL,
  tracking VARCHAR(64) NOT NULL,
  state VARCHAR(32) NOT NULL,
  events MEDIUMTEXT NOT NULL,
  token VARCHAR(64) NOT NULL,
  shipped_at BIGINT NOT NULL,
  next_poll BIGINT NOT NULL,
  last_query BIGINT NOT NULL,
  polls INT NOT NULL,
  subscribed TINYINT NOT NULL,
  PRIMARY KEY (order_id, no),
  FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE INDEX shipments_tracking ON shipments (tracking);
CREATE INDEX shipments_token ON shipments (token);
CREATE INDEX shipments_shipped ON shipments (shipped_at);

-- What was to be changed of orders that had been submitted, with what they asked for before and after.
CREATE TABLE order_changes (
  order_id VARCHAR(32) NOT NULL,
  no INT NOT NULL,
  kind VARCHAR(16) NOT NULL,
  status VARCHAR(16) NOT NULL,
  revision INT NOT NULL,
  was VARCHAR(32) NOT NULL,
  minor TINYINT NOT NULL,
  by_code VARCHAR(64) NOT NULL,
  by_name TEXT NOT NULL,
  said_at BIGINT NOT NULL,
  done_at BIGINT NOT NULL,
  before_content MEDIUMTEXT NOT NULL,
  after_content MEDIUMTEXT NOT NULL,
  plan MEDIUMTEXT NOT NULL,
  notice TEXT NOT NULL,
  raised_at BIGINT NOT NULL,
  noticed_at BIGINT NOT NULL,
  PRIMARY KEY (order_id, no),
  FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE INDEX order_changes_done ON order_changes (done_at);

-- What came back of orders, or was to. document is what was signed, to the last character, digest its SHA-256.
CREATE TABLE order_returns (
  order_id VARCHAR(32) NOT NULL,
  no INT NOT NULL,
  kind VARCHAR(16) NOT NULL,
  cause VARCHAR(16) NOT NULL,
  note TEXT NOT NULL,
  status VARCHAR(16) NOT NULL,
  goods MEDIUMTEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount >= 0),
  credited BIGINT NOT NULL CHECK (credited >= 0),
  noted BIGINT NOT NULL CHECK (noted >= 0),
  by_code VARCHAR(64) NOT NULL,
  by_name TEXT NOT NULL,
  customer TINYINT NOT NULL,
  asked_at BIGINT NOT NULL,
  document MEDIUMTEXT NOT NULL,
  signed_by VARCHAR(64) NOT NULL,
  signed_name TEXT NOT NULL,
  signed_on VARCHAR(32) NOT NULL,
  signed_as VARCHAR(191) NOT NULL,
  signed_at BIGINT NOT NULL,
  digest VARCHAR(64) NOT NULL,
  node TEXT NOT NULL,
  remind_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  reminded INT NOT NULL,
  received_by TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  warehouse VARCHAR(64) NOT NULL,
  done_at BIGINT NOT NULL,
  reason TEXT NOT NULL,
  waybill TEXT NOT NULL,
  PRIMARY KEY (order_id, no),
  FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE INDEX order_returns_asked ON order_returns (asked_at);

CREATE TABLE stock (
  product VARCHAR(64) NOT NULL,
  warehouse VARCHAR(64) NOT NULL,
  on_hand BIGINT NOT NULL CHECK (on_hand >= 0),
  reserved BIGINT NOT NULL CHECK (reserved >= 0),
  allocated BIGINT NOT NULL CHECK (allocated >= 0),
  safety_stock BIGINT NOT NULL,
  counted TINYINT NOT NULL,
  low TINYINT NOT NULL,
  PRIMARY KEY (product, warehouse),
  CHECK (reserved + allocated <= on_hand)
);

CREATE TABLE stock_lots (
  product VARCHAR(64) NOT NULL,
  warehouse VARCHAR(64) NOT NULL,
  batch VARCHAR(64) NOT NULL,
  serial VARCHAR(64) NOT NULL,
  on_hand BIGINT NOT NULL CHECK (on_hand >= 0),
  expires BIGINT NOT NULL,
  PRIMARY KEY (product, warehouse, batch, serial)
);

-- Goods that are expected, and changes of stock that are no order's: state 0 proposed, 1 done, 2 dropped.
CREATE TABLE receipts (
  number VARCHAR(64) NOT NULL,
  product VARCHAR(64) NOT NULL,
  warehouse VARCHAR(64) NOT NULL,
  seq BIGINT NOT NULL,
  quantity BIGINT NOT NULL,
  arrived BIGINT NOT NULL,
  due VARCHAR(10) NOT NULL,
  PRIMARY KEY (number, product, warehouse)
);
CREATE INDEX receipts_product ON receipts (product);

CREATE TABLE stock_moves (
  id SERIAL,
  msg_key VARCHAR(191) NOT NULL,
  kind VARCHAR(16) NOT NULL,
  product VARCHAR(64) NOT NULL,
  warehouse VARCHAR(64) NOT NULL,
  giver VARCHAR(64) NOT NULL,
  quantity BIGINT NOT NULL,
  counted BIGINT NOT NULL,
  state TINYINT NOT NULL,
  by_name TEXT NOT NULL,
  done_name TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE UNIQUE INDEX stock_moves_key ON stock_moves (msg_key);

-- What each order holds. The totals of the stock table are the sums of these rows.
CREATE TABLE reservations (
  order_id VARCHAR(32) NOT NULL,
  line INT NOT NULL,
  product VARCHAR(64) NOT NULL,
  warehouse VARCHAR(64) NOT NULL,
  kind VARCHAR(8) NOT NULL CHECK (kind IN ('soft', 'firm')),
  quantity BIGINT NOT NULL CHECK (quantity > 0),
  until BIGINT NOT NULL,
  PRIMARY KEY (order_id, line, product, warehouse, kind)
);

-- What goes wrong with orders, or is watched so that it does not: one row for each cause.
CREATE TABLE exceptions (
  id SERIAL,
  order_id VARCHAR(32) NOT NULL,
  kind VARCHAR(16) NOT NULL,
  cause VARCHAR(64) NOT NULL,
  state VARCHAR(16) NOT NULL,
  role VARCHAR(32) NOT NULL,
  level INT NOT NULL,
  owner VARCHAR(64) NOT NULL,
  owner_name TEXT NOT NULL,
  start_at BIGINT NOT NULL,
  begins_at BIGINT NOT NULL,
  since BIGINT NOT NULL,
  opened_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  done_at BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  told_at BIGINT NOT NULL,
  step INT NOT NULL,
  times INT NOT NULL,
  by_person VARCHAR(128) NOT NULL,
  note TEXT NOT NULL
);
CREATE UNIQUE INDEX exceptions_cause ON exceptions (order_id, kind, cause);
CREATE INDEX exceptions_next ON exceptions (next_at);
CREATE INDEX exceptions_state ON exceptions (state, due_at);
CREATE INDEX exceptions_opened ON exceptions (opened_at);
CREATE INDEX exceptions_begins ON exceptions (kind, begins_at);

-- A customer's account: the sums of what its orders hold, its invoices, its payments.
CREATE TABLE credit (
  customer VARCHAR(64) NOT NULL PRIMARY KEY,
  held BIGINT NOT NULL DEFAULT 0 CHECK (held >= 0),
  invoiced BIGINT NOT NULL DEFAULT 0,
  paid BIGINT NOT NULL DEFAULT 0
);

-- What finance was last shown of a customer's invoice data, and since when: what is as they know it need not be looked at again.
CREATE TABLE invoice_data (
  customer VARCHAR(64) NOT NULL PRIMARY KEY,
  title TEXT NOT NULL,
  tax_number VARCHAR(20) NOT NULL,
  since BIGINT NOT NULL
);

CREATE TABLE invoices (
  number VARCHAR(64) NOT NULL PRIMARY KEY,
  seq BIGINT NOT NULL,
  customer VARCHAR(64) NOT NULL,
  order_id VARCHAR(64) NOT NULL,
  amount BIGINT NOT NULL,
  issued VARCHAR(10) NOT NULL,
  due VARCHAR(10) NOT NULL
);
CREATE INDEX invoices_customer ON invoices (customer, due, amount);
CREATE INDEX invoices_order ON invoices (order_id);
CREATE INDEX invoices_seq ON invoices (seq);

CREATE TABLE payments (
  number VARCHAR(64) NOT NULL PRIMARY KEY,
  seq BIGINT NOT NULL,
  customer VARCHAR(64) NOT NULL,
  amount BIGINT NOT NULL,
  paid_on VARCHAR(10) NOT NULL,
  void TINYINT NOT NULL,
  order_id VARCHAR(32) NOT NULL
);
CREATE INDEX payments_customer ON payments (customer);
CREATE INDEX payments_seq ON payments (seq);

-- Surgery plans, each of which gives one draft.
CREATE TABLE surgeries (
  id SERIAL,
  plan_key VARCHAR(191) NOT NULL,
  source VARCHAR(64) NOT NULL,
  customer VARCHAR(64) NOT NULL,
  name TEXT NOT NULL,
  surgery_on VARCHAR(10) NOT NULL,
  goods MEDIUMTEXT NOT NULL,
  state VARCHAR(16) NOT NULL,
  order_id VARCHAR(32) NOT NULL,
  lead_time TEXT NOT NULL,
  due_on VARCHAR(10) NOT NULL,
  start_at BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  by_code VARCHAR(128) NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE UNIQUE INDEX surgeries_key ON surgeries (plan_key);
CREATE INDEX surgeries_next ON surgeries (next_at);
CREATE INDEX surgeries_customer ON surgeries (customer, surgery_on);
CREATE INDEX surgeries_day ON surgeries (surgery_on);

-- What a surgery plan came from besides: a form of a surgery that was entered in words before.
CREATE TABLE surgery_keys (
  plan_key VARCHAR(191) NOT NULL PRIMARY KEY,
  surgery_id BIGINT NOT NULL,
  source VARCHAR(64) NOT NULL
);
CREATE INDEX surgery_keys_plan ON surgery_keys (surgery_id);

CREATE TABLE audit (
  id SERIAL,
  order_id VARCHAR(32) NOT NULL,
  at BIGINT NOT NULL,
  actor VARCHAR(128) NOT NULL,
  channel VARCHAR(32) NOT NULL,
  action TEXT NOT NULL,
  before_text TEXT NOT NULL,
  after_text TEXT NOT NULL,
  reason TEXT NOT NULL,
  trace VARCHAR(128) NOT NULL,
  changes MEDIUMTEXT NOT NULL
);
CREATE INDEX audit_order ON audit (order_id, id);

-- status: 0 waiting, 1 done, 2 given up, here and below.
CREATE TABLE events (
  id SERIAL,
  kind VARCHAR(64) NOT NULL,
  order_id VARCHAR(32) NOT NULL,
  at BIGINT NOT NULL,
  actor VARCHAR(128) NOT NULL,
  data TEXT NOT NULL,
  trace VARCHAR(128) NOT NULL,
  status TINYINT NOT NULL,
  due_at BIGINT NOT NULL,
  attempts INT NOT NULL,
  token VARCHAR(32) NOT NULL,
  error TEXT NOT NULL
);
CREATE INDEX events_due ON events (status, due_at);

-- What hindered orders between departments, one row for each event that is one: kept for figures as long as the orders are.
CREATE TABLE snags (
  id SERIAL,
  order_id VARCHAR(32) NOT NULL,
  kind VARCHAR(16) NOT NULL,
  event VARCHAR(64) NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX snags_order ON snags (order_id, kind);

-- Reports of a month to a customer, one for each, and what customers asked about their orders: one row for each question.
CREATE TABLE reports (
  id SERIAL,
  customer VARCHAR(64) NOT NULL,
  month VARCHAR(7) NOT NULL,
  name TEXT NOT NULL,
  version INT NOT NULL,
  figures TEXT NOT NULL,
  before_figures TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  token VARCHAR(64) NOT NULL,
  released_at BIGINT NOT NULL,
  released_by VARCHAR(64) NOT NULL,
  released_name TEXT NOT NULL
);
CREATE UNIQUE INDEX reports_month ON reports (customer, month);
CREATE INDEX reports_token ON reports (token);

CREATE TABLE inquiries (
  id SERIAL,
  customer VARCHAR(64) NOT NULL,
  at BIGINT NOT NULL,
  person TINYINT NOT NULL
);
CREATE INDEX inquiries_customer ON inquiries (customer, at);
