"""The databases of the demo's data migrations: what is in them, and what of it no good database would take.

SQLite keeps whatever it is given. The new tables say what they hold, so some old rows are refused there, each for
another reason; a plan that puts them aside names every one.
"""

import contextlib
import sqlite3
from pathlib import Path

CUSTOMERS, ORDERS, PRODUCTS = 400, 6_000, 1_500
ODD_CUSTOMER = 401  # the last one, who has ordered nothing: an order whose customer is put aside would have to go, too

OLD_ORDERS = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, mail VARCHAR(60), since DATE);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers (id), placed_at TIMESTAMP,
                     cents INTEGER, note TEXT);
CREATE INDEX orders_of_customer ON orders (customer);
"""
NEW_ORDERS = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, mail VARCHAR(60) CHECK (mail LIKE '%@%'),
                        since DATE);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers (id),
                     placed_at TIMESTAMP NOT NULL, cents INTEGER CHECK (typeof(cents) = 'integer' AND cents >= 0),
                     note TEXT CHECK (length(note) <= 200));
CREATE INDEX orders_of_customer ON orders (customer);
"""
ODD_ORDERS = (
    "UPDATE orders SET cents = 'free' WHERE id = 17",
    "UPDATE orders SET cents = -500 WHERE id = 1234",
    "UPDATE orders SET note = printf('%.*c', 400, '!') WHERE id = 4711",
    "UPDATE customers SET mail = 'ask her brother' WHERE id = 401",
)
CATALOGUE = """
CREATE TABLE products (sku TEXT PRIMARY KEY, name TEXT NOT NULL, price DECIMAL, weight DOUBLE, on_sale BOOLEAN,
                       listed DATE, details JSON);
"""
ODD_PRODUCTS = (
    "UPDATE products SET price = 'on request' WHERE sku = 'SKU-00042'",
    "UPDATE products SET listed = '2026-02-30' WHERE sku = 'SKU-00777'",
    "UPDATE products SET details = '{\"colour\": red}' WHERE sku = 'SKU-01001'",
)


def old_orders(path: Path) -> None:
    customers = [
        (
            n,
            f"Zoë {n}" if n % 7 else f"Jürgen {n}",
            f"customer{n}@shop.example",
            f"20{10 + n % 15}-0{1 + n % 9}-1{n % 9}",
        )
        for n in range(1, ODD_CUSTOMER + 1)
    ]
    orders = [
        (
            n,
            1 + n * 7 % CUSTOMERS,
            f"2026-01-{1 + n % 28:02} 1{n % 10}:{n % 60:02}:00",
            199 + n * 37 % 9_000,
            "für später" if n % 3 else None,
        )
        for n in range(1, ORDERS + 1)
    ]
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(OLD_ORDERS)
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?, ?)", customers)
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", orders)
        for statement in ODD_ORDERS:
            connection.execute(statement)


def new_orders(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(NEW_ORDERS)


def catalogue(path: Path) -> None:
    products = [
        (
            f"SKU-{n:05}",
            f"Lamp {n}",
            f"{n % 90}.{n % 100:02}",
            n / 7,
            n % 2,
            f"2025-{1 + n % 12:02}-{1 + n % 28:02}",
            f'{{"watt": {n % 60}, "colour": "weiß"}}',
        )
        for n in range(1, PRODUCTS + 1)
    ]
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(CATALOGUE)
        connection.executemany("INSERT INTO products VALUES (?, ?, ?, ?, ?, ?, ?)", products)
        for statement in ODD_PRODUCTS:
            connection.execute(statement)
