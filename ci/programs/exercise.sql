CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT UNIQUE, city TEXT);
CREATE TABLE orders(id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers, amount REAL, note TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
  INSERT INTO customers SELECT i, 'customer ' || i, 'city ' || (i % 23) FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
  INSERT INTO orders SELECT i, 1 + (i * 7919) % 500, (i * 31 % 1000) * 1.25, hex(i * 65537) || ' note ' || i FROM n;
CREATE INDEX by_customer ON orders(customer);
CREATE INDEX by_amount ON orders(amount, note);
SELECT city, count(*), sum(amount), avg(amount), max(note) FROM orders JOIN customers ON customers.id = customer
  GROUP BY city ORDER BY 3 DESC;
SELECT name, total, rank() OVER (ORDER BY total DESC) FROM
  (SELECT name, sum(amount) AS total FROM orders JOIN customers ON customers.id = customer GROUP BY name) LIMIT 20;
SELECT json_group_array(json_object('id', id, 'note', note)) FROM orders WHERE id % 997 = 0;
CREATE VIRTUAL TABLE notes USING fts5(text);
INSERT INTO notes SELECT note FROM orders WHERE id < 3000;
SELECT count(*) FROM notes WHERE notes MATCH '12* OR 34*';
BEGIN;
UPDATE orders SET amount = amount * 2 WHERE id % 3 = 0;
DELETE FROM orders WHERE id % 5 = 0;
ROLLBACK;
UPDATE orders SET note = upper(note) || 'x' WHERE id % 4 = 0;
DELETE FROM orders WHERE id % 11 = 0;
VACUUM;
PRAGMA integrity_check;
SELECT count(*), total(amount) FROM orders;
