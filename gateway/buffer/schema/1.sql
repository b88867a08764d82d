-- SPDX-License-Identifier: Apache-2.0
-- What each column means, and why the tables are cut like this: DESIGN.md. Times are milliseconds
-- since 1970 (of an untrusted chunk: since boot). check_row is a CRC-32C over the other columns of
-- its row, check_bytes one over the blob: SQLite itself notices damage to its structure only.

CREATE TABLE stream (
  ordinal       INTEGER PRIMARY KEY,  -- 1, 2, … in order of opening; the highest is current
  id            INTEGER NOT NULL,     -- the 64 bits of the stream id
  opened_at     INTEGER NOT NULL,
  reason        TEXT    NOT NULL,
  next_sequence INTEGER NOT NULL,
  check_row     INTEGER NOT NULL
);

CREATE TABLE boot (
  ordinal    INTEGER PRIMARY KEY,
  boot_id    TEXT    NOT NULL UNIQUE,
  utc_offset INTEGER,                 -- UTC minus boot time in ms; NULL while not known
  estimated  INTEGER NOT NULL         -- 1: the boot ended before its clock was trusted
);

CREATE TABLE catalog (
  id          INTEGER PRIMARY KEY CHECK (id = 1),
  encoded     BLOB    NOT NULL,
  check_bytes INTEGER NOT NULL
);

CREATE TABLE chunk (
  id          INTEGER PRIMARY KEY,    -- order of acceptance
  boot        INTEGER NOT NULL,
  boot_time   INTEGER NOT NULL,       -- microseconds since boot, at the commit
  utc_offset  INTEGER NOT NULL,       -- UTC minus boot time as known at the commit, ms
  trusted     INTEGER NOT NULL,
  readings    INTEGER NOT NULL,
  first       INTEGER NOT NULL,
  last        INTEGER NOT NULL,
  check_bytes INTEGER NOT NULL,
  check_row   INTEGER NOT NULL,
  entries     BLOB    NOT NULL        -- batch::encode_entries; last, so that the rest reads alone
);

CREATE TABLE batch (
  id           INTEGER PRIMARY KEY,   -- stream.ordinal << 40 | sequence
  class        INTEGER NOT NULL,
  tombstone    INTEGER NOT NULL,      -- 1: the payload is a Gap
  bytes        INTEGER NOT NULL,
  readings     INTEGER NOT NULL,
  first        INTEGER NOT NULL,
  last         INTEGER NOT NULL,
  sealed_at    INTEGER NOT NULL,
  confirmed_at INTEGER,
  check_bytes  INTEGER NOT NULL,
  check_row    INTEGER NOT NULL
);

CREATE TABLE payload (
  id    INTEGER PRIMARY KEY,          -- batch.id
  bytes BLOB NOT NULL                 -- as published, never rewritten
);
