-- SPDX-License-Identifier: Apache-2.0
-- A second copy of the catalog, for without it no reading on disk means anything; and how old
-- batches are, whatever the wall clock says of it (DESIGN.md, "Age").

CREATE TABLE catalog_copy (
  id          INTEGER PRIMARY KEY CHECK (id = 1),
  encoded     BLOB    NOT NULL,
  check_bytes INTEGER NOT NULL
);
INSERT INTO catalog_copy SELECT id, encoded, check_bytes FROM catalog;

CREATE TABLE lifetime (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  start     INTEGER NOT NULL,         -- grows with every open()
  age       INTEGER NOT NULL,         -- of the store, ms, at the moment of the three that follow
  boot_id   TEXT    NOT NULL,
  boot_time INTEGER NOT NULL,         -- microseconds since boot
  utc       INTEGER NOT NULL,
  check_row INTEGER NOT NULL
);

CREATE TABLE age_mark (
  batches_before INTEGER PRIMARY KEY, -- batches of a smaller id were sealed at `age` or earlier
  age            INTEGER NOT NULL,
  check_row      INTEGER NOT NULL
);
