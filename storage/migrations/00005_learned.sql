-- What people settled for a customer, and why an order's fields have their values.

-- ended is 0 while a reading stands, else its own id: of the same words one stands at most.
CREATE TABLE learned (
  id SERIAL,
  customer VARCHAR(64) NOT NULL,
  said VARCHAR(190) NOT NULL,
  words TEXT NOT NULL,
  product VARCHAR(64) NOT NULL,
  about VARCHAR(64) NOT NULL,
  unit VARCHAR(64) NOT NULL,
  size BIGINT NOT NULL,
  by_person VARCHAR(128) NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  count INT NOT NULL,
  order_id VARCHAR(32) NOT NULL,
  ended BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  ended_by TEXT NOT NULL
);
CREATE UNIQUE INDEX learned_said ON learned (customer, about, said, ended);

CREATE TABLE order_reasons (
  order_id VARCHAR(32) NOT NULL PRIMARY KEY,
  reasons MEDIUMTEXT NOT NULL
);
