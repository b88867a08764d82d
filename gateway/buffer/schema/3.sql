-- SPDX-License-Identifier: Apache-2.0
-- What sources of readings remember across a restart (memo.hpp), written in the transaction of the
-- chunk that it belongs to. A rowid table: as a WITHOUT ROWID one its pages hold less of a row, and
-- an update of a few hundred bytes writes two pages instead of one.

CREATE TABLE memo (
  id        INTEGER PRIMARY KEY,
  key       TEXT    NOT NULL UNIQUE,
  value     BLOB    NOT NULL,
  check_row INTEGER NOT NULL          -- CRC-32C of key, a zero byte, and value
);
