-- Master data as imported. seq keeps the order of the imported lists; version is that of the whole (counters, catalog) since which a row
-- is as it is: who has read it all at one version reads only what is newer.

CREATE TABLE products (
  code VARCHAR(64) NOT NULL PRIMARY KEY,
  seq BIGINT NOT NULL,
  version BIGINT NOT NULL,
  name TEXT NOT NULL,
  spec TEXT NOT NULL,
  unit VARCHAR(32) NOT NULL,
  packs TEXT NOT NULL,
  aliases TEXT NOT NULL,
  category VARCHAR(128) NOT NULL,
  price BIGINT,
  moq BIGINT NOT NULL,
  stock BIGINT NOT NULL,
  kind VARCHAR(16) NOT NULL,
  parts TEXT NOT NULL,
  safety_stock BIGINT NOT NULL,
  imported TINYINT NOT NULL,
  licence TEXT NOT NULL,
  bom TEXT NOT NULL,
  bom_until BIGINT NOT NULL,
  successor VARCHAR(64) NOT NULL,
  tracking VARCHAR(16) NOT NULL,
  service TINYINT NOT NULL
);
CREATE INDEX products_version ON products (version);

CREATE TABLE customers (
  code VARCHAR(64) NOT NULL PRIMARY KEY,
  seq BIGINT NOT NULL,
  version BIGINT NOT NULL,
  name TEXT NOT NULL,
  aliases TEXT NOT NULL,
  type VARCHAR(32) NOT NULL,
  level VARCHAR(32) NOT NULL,
  credit_grade VARCHAR(32) NOT NULL,
  credit_limit BIGINT,
  terms TEXT NOT NULL,
  region VARCHAR(128) NOT NULL,
  hospital_level VARCHAR(32) NOT NULL,
  licence TEXT NOT NULL,
  contact TEXT NOT NULL,
  phone TEXT NOT NULL,
  address TEXT NOT NULL,
  sales VARCHAR(64) NOT NULL,
  manager VARCHAR(64) NOT NULL,
  catalogue TEXT NOT NULL,
  price_group VARCHAR(128) NOT NULL,
  invoice_info TEXT NOT NULL,
  invoice_title TEXT NOT NULL,
  tax_number VARCHAR(20) NOT NULL,
  risk TINYINT NOT NULL
);
CREATE INDEX customers_version ON customers (version);

CREATE TABLE customer_items (
  customer VARCHAR(64) NOT NULL,
  item VARCHAR(128) NOT NULL,
  seq BIGINT NOT NULL,
  version BIGINT NOT NULL,
  product VARCHAR(64) NOT NULL,
  price BIGINT,
  PRIMARY KEY (customer, item)
);
CREATE INDEX customer_items_version ON customer_items (version);

CREATE TABLE prices (
  product VARCHAR(64) NOT NULL,
  category VARCHAR(128) NOT NULL,
  scope VARCHAR(128) NOT NULL,
  from_quantity BIGINT NOT NULL,
  from_amount BIGINT NOT NULL,
  mode VARCHAR(32) NOT NULL,
  valid_from BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  version BIGINT NOT NULL,
  price BIGINT,
  discount BIGINT,
  valid_until BIGINT NOT NULL,
  PRIMARY KEY (product, category, scope, from_quantity, from_amount, mode, valid_from)
);
CREATE INDEX prices_version ON prices (version);

CREATE TABLE staff (
  code VARCHAR(64) NOT NULL PRIMARY KEY,
  seq BIGINT NOT NULL,
  version BIGINT NOT NULL,
  name TEXT NOT NULL,
  roles TEXT NOT NULL,
  wecom VARCHAR(128) NOT NULL,
  dingtalk VARCHAR(128) NOT NULL,
  phone TEXT NOT NULL,
  email TEXT NOT NULL,
  deputy VARCHAR(64) NOT NULL,
  superior VARCHAR(64) NOT NULL,
  warehouse VARCHAR(64) NOT NULL,
  region VARCHAR(128) NOT NULL
);
CREATE INDEX staff_version ON staff (version);

-- Who is away. state: 0 not begun, 1 begun, 2 over, as far as it was acted upon.
CREATE TABLE absences (
  id SERIAL,
  staff VARCHAR(64) NOT NULL,
  from_at BIGINT NOT NULL,
  until BIGINT NOT NULL,
  deputy VARCHAR(64) NOT NULL,
  by_staff VARCHAR(64) NOT NULL,
  at BIGINT NOT NULL,
  state TINYINT NOT NULL,
  version BIGINT NOT NULL
);
CREATE INDEX absences_state ON absences (state, staff);

-- Public holidays and make-up workdays besides the built-in ones.
CREATE TABLE calendar (
  date VARCHAR(10) NOT NULL PRIMARY KEY,
  seq BIGINT NOT NULL,
  version BIGINT NOT NULL,
  kind VARCHAR(16) NOT NULL,
  name TEXT NOT NULL,
  year INT NOT NULL,
  source TEXT NOT NULL
);
CREATE INDEX calendar_version ON calendar (version);

-- How long carriers take to regions, and what the weather does to regions from one day until another.
CREATE TABLE transits (
  carrier VARCHAR(64) NOT NULL,
  region VARCHAR(128) NOT NULL,
  days INT NOT NULL,
  daily TINYINT NOT NULL,
  seq BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (carrier, region)
);
CREATE INDEX transits_version ON transits (version);

CREATE TABLE weather (
  id SERIAL,
  region VARCHAR(128) NOT NULL,
  days INT NOT NULL,
  from_day VARCHAR(10) NOT NULL,
  until_day VARCHAR(10) NOT NULL,
  why TEXT NOT NULL,
  by_staff VARCHAR(64) NOT NULL,
  at BIGINT NOT NULL,
  version BIGINT NOT NULL
);
CREATE INDEX weather_until ON weather (until_day);

-- What can be chosen of products (choices: JSON), and what of it goes together: a side is 颜色=红色 or a product's code, the second
-- may be several parted by |.
CREATE TABLE product_options (
  product VARCHAR(64) NOT NULL,
  category VARCHAR(128) NOT NULL,
  name VARCHAR(64) NOT NULL,
  seq BIGINT NOT NULL,
  version BIGINT NOT NULL,
  choices TEXT NOT NULL,
  needed TINYINT NOT NULL,
  PRIMARY KEY (product, category, name)
);
CREATE INDEX product_options_version ON product_options (version);

CREATE TABLE product_pairings (
  product VARCHAR(64) NOT NULL,
  category VARCHAR(128) NOT NULL,
  first_side VARCHAR(128) NOT NULL,
  second_side VARCHAR(190) NOT NULL,
  seq BIGINT NOT NULL,
  version BIGINT NOT NULL,
  kind VARCHAR(16) NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (product, category, first_side, second_side)
);
CREATE INDEX product_pairings_version ON product_pairings (version);

CREATE TABLE history (
  customer VARCHAR(64) NOT NULL,
  order_no VARCHAR(64) NOT NULL,
  product VARCHAR(64) NOT NULL,
  unit VARCHAR(32) NOT NULL,
  date VARCHAR(10) NOT NULL,
  seq BIGINT NOT NULL,
  version BIGINT NOT NULL,
  quantity BIGINT NOT NULL,
  PRIMARY KEY (customer, order_no, product, unit, date)
);
CREATE INDEX history_version ON history (version);

-- The firm's rules: every version for good, and which one was put in force when. The number of the one in
-- force stands in counters too, where every replica looks for it.
CREATE TABLE rule_versions (
  number INT NOT NULL PRIMARY KEY,
  text MEDIUMTEXT NOT NULL,
  sum VARCHAR(64) NOT NULL,
  note TEXT NOT NULL,
  by_person VARCHAR(128) NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE UNIQUE INDEX rule_versions_sum ON rule_versions (sum);

CREATE TABLE rule_changes (
  id SERIAL,
  number INT NOT NULL,
  was INT NOT NULL,
  back TINYINT NOT NULL,
  by_person VARCHAR(128) NOT NULL,
  by_name TEXT NOT NULL,
  channel VARCHAR(32) NOT NULL,
  at BIGINT NOT NULL,
  reason TEXT NOT NULL,
  FOREIGN KEY (number) REFERENCES rule_versions (number)
);

-- Tables of master data that people sent in a chat. The file is kept while its sender has something to say about it.
CREATE TABLE imports (
  id SERIAL,
  kind VARCHAR(32) NOT NULL,
  name TEXT NOT NULL,
  file MEDIUMBLOB NOT NULL,
  print VARCHAR(64) NOT NULL,
  counts TEXT NOT NULL,
  by_staff VARCHAR(64) NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL,
  state TINYINT NOT NULL,
  settled_at BIGINT NOT NULL
);
CREATE INDEX imports_staff ON imports (by_staff, at);
