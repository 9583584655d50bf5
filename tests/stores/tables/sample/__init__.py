"""A shop's tables as a sample: what databases can hold, in any size, the same at each call.

`loading.load_postgres` and `loading.load_sqlite` make and fill them; `tables.TABLES` says what they are. At scale 1
there are 2 million rows, at 0.001 some two thousand. No row is kept in memory.
"""
