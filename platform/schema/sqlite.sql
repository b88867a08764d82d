-- SPDX-License-Identifier: Apache-2.0
-- The city's database in SQLite. Tables are the receiver's own; outsiders read the views.
-- Times in tables: UTC milliseconds since 1970. Values: the meter's digits as text.

CREATE TABLE gateway (
  id INTEGER PRIMARY KEY,
  city TEXT NOT NULL,
  name TEXT NOT NULL,
  last_seen INTEGER,
  -- of the newest status; the will of an older session does not count
  session INTEGER,
  online INTEGER,
  status_time INTEGER,
  version TEXT,
  started INTEGER,
  clock_trusted INTEGER,
  oldest_held INTEGER,
  unconfirmed_batches INTEGER,
  unconfirmed_bytes INTEGER,
  buffer_bytes INTEGER,
  meters_ok INTEGER,
  meters_silent INTEGER,
  readings_taken INTEGER,
  UNIQUE (city, name)
) STRICT;

-- Ids grow in the order in which streams were first heard of: where two streams of a gateway tell of
-- one moment, the later id wins.
CREATE TABLE stream (
  id INTEGER PRIMARY KEY,
  gateway INTEGER NOT NULL REFERENCES gateway,
  name TEXT NOT NULL,               -- 16 hex digits
  first INTEGER,                    -- the lowest number that was held when the stream was first heard
  newest INTEGER,
  received INTEGER NOT NULL DEFAULT 0,  -- batches, tombstones too
  readings INTEGER NOT NULL DEFAULT 0,
  UNIQUE (gateway, name)
) STRICT;

-- As received. A catalog of revision r decodes every batch of the stream up to revision r.
CREATE TABLE catalog (
  stream INTEGER NOT NULL REFERENCES stream,
  revision INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  payload BLOB NOT NULL,
  PRIMARY KEY (stream, revision)
) STRICT, WITHOUT ROWID;

-- A metering point: the place, whatever device is there.
CREATE TABLE meter (
  id INTEGER PRIMARY KEY,
  gateway INTEGER NOT NULL REFERENCES gateway,
  name TEXT NOT NULL,
  UNIQUE (name, gateway)
) STRICT;

-- The devices at a metering point, one row for each number of a catalog.
CREATE TABLE device (
  id INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL REFERENCES stream,
  number INTEGER NOT NULL,
  meter INTEGER NOT NULL REFERENCES meter,
  name TEXT NOT NULL,
  code TEXT NOT NULL,
  serial TEXT NOT NULL,
  model TEXT NOT NULL,
  model_version TEXT NOT NULL,
  ratio TEXT NOT NULL,
  labels TEXT NOT NULL,             -- a JSON object
  valid_from INTEGER NOT NULL,
  valid_to INTEGER,
  UNIQUE (stream, number)
) STRICT;

-- What is measured at a metering point, across devices, streams and numbers.
CREATE TABLE point (
  id INTEGER PRIMARY KEY,
  meter INTEGER NOT NULL REFERENCES meter,
  name TEXT NOT NULL,
  UNIQUE (meter, name)
) STRICT;

-- What a point number of a catalog means. Never changed.
CREATE TABLE definition (
  id INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL REFERENCES stream,
  number INTEGER NOT NULL,
  point INTEGER NOT NULL REFERENCES point,
  device INTEGER NOT NULL REFERENCES device,
  quantity TEXT NOT NULL,
  medium TEXT NOT NULL,
  phase TEXT NOT NULL,
  tariff INTEGER NOT NULL,
  obis TEXT NOT NULL,
  unit TEXT NOT NULL,
  kind TEXT NOT NULL,
  class INTEGER NOT NULL,           -- 0 detail, 1 billing
  labels TEXT,                      -- of a code list: a JSON object, code -> label
  UNIQUE (stream, number)
) STRICT;

-- One row for each number of a stream, written in the transaction of its readings.
CREATE TABLE batch (
  stream INTEGER NOT NULL REFERENCES stream,
  sequence INTEGER NOT NULL,
  digest BLOB NOT NULL,             -- SHA-256 of the payload
  received_at INTEGER NOT NULL,
  kind INTEGER NOT NULL,            -- 0 data, 1 tombstone
  class INTEGER NOT NULL,           -- 0 detail, 1 billing
  catalog_revision INTEGER NOT NULL,
  readings INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (stream, sequence)
) STRICT, WITHOUT ROWID;

-- A reading is (stream, sequence, ordinal); it is kept where it is looked for.
CREATE TABLE reading (
  point INTEGER NOT NULL,
  time INTEGER NOT NULL,
  stream INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,         -- in the batch: answer by answer, numbers before texts
  definition INTEGER NOT NULL,
  value TEXT,
  text TEXT,
  quality INTEGER NOT NULL,         -- flags of proto/bornier/v1; 0 is good
  PRIMARY KEY (point, time, stream, sequence, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE state (
  meter INTEGER NOT NULL REFERENCES meter,
  point INTEGER NOT NULL,           -- 0: the whole meter
  time INTEGER NOT NULL,
  stream INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  state INTEGER NOT NULL,
  exception_code INTEGER NOT NULL,
  PRIMARY KEY (meter, point, time, stream, sequence, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
  stream INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  time INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  meter INTEGER REFERENCES meter,
  number INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (stream, sequence, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE gap (
  stream INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  readings INTEGER NOT NULL,        -- 0: not known how many
  reason INTEGER NOT NULL,
  points TEXT NOT NULL,             -- a JSON array of "meter/point"; empty: not known which
  PRIMARY KEY (stream, sequence, ordinal)
) STRICT, WITHOUT ROWID;

-- Bytes that could not be read, with the reason.
CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY,
  topic TEXT NOT NULL,
  reason TEXT NOT NULL,
  digest BLOB NOT NULL,
  received_at INTEGER NOT NULL,
  times INTEGER NOT NULL,
  bytes INTEGER NOT NULL,           -- as received; the payload may be cut
  payload BLOB NOT NULL,
  UNIQUE (digest, topic)
) STRICT;

-- Other bytes under a number that was there already.
CREATE TABLE conflict (
  id INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL REFERENCES stream,
  sequence INTEGER NOT NULL,
  digest BLOB NOT NULL,
  received_at INTEGER NOT NULL,
  times INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  payload BLOB NOT NULL,
  UNIQUE (stream, sequence, digest)
) STRICT;

-- Texts of the numbers above, written by the receiver whenever it opens the file.
CREATE TABLE label (
  kind TEXT NOT NULL,               -- state, event, gap
  number INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (kind, number)
) STRICT, WITHOUT ROWID;

-- CROSS JOIN keeps SQLite to the order written: by meter and point into the readings.
CREATE VIEW reading_view AS
SELECT g.city, g.name AS gateway, m.name AS meter, p.name AS point,
       d.quantity, d.medium, d.phase, d.tariff, d.obis, d.unit,
       strftime('%Y-%m-%dT%H:%M:%fZ', r.time / 1000.0, 'unixepoch') AS time,
       r.value,
       coalesce(r.text, json_extract(d.labels, '$."' || r.value || '"')) AS text,
       r.quality,
       strftime('%Y-%m-%dT%H:%M:%fZ', b.received_at / 1000.0, 'unixepoch') AS received_at,
       s.name AS stream, r.sequence
FROM meter m
CROSS JOIN gateway g ON g.id = m.gateway
CROSS JOIN point p ON p.meter = m.id
CROSS JOIN reading r ON r.point = p.id
CROSS JOIN definition d ON d.id = r.definition
CROSS JOIN stream s ON s.id = r.stream
CROSS JOIN batch b ON b.stream = r.stream AND b.sequence = r.sequence
WHERE NOT EXISTS (
  SELECT 1 FROM reading later
  WHERE later.point = r.point AND later.time = r.time
    AND (later.stream, later.sequence, later.ordinal) > (r.stream, r.sequence, r.ordinal));

CREATE VIEW latest_view AS
SELECT g.city, g.name AS gateway, m.name AS meter, p.name AS point,
       d.quantity, d.medium, d.phase, d.tariff, d.obis, d.unit,
       strftime('%Y-%m-%dT%H:%M:%fZ', r.time / 1000.0, 'unixepoch') AS time,
       r.value,
       coalesce(r.text, json_extract(d.labels, '$."' || r.value || '"')) AS text,
       r.quality,
       strftime('%Y-%m-%dT%H:%M:%fZ', b.received_at / 1000.0, 'unixepoch') AS received_at,
       s.name AS stream, r.sequence
FROM meter m
CROSS JOIN gateway g ON g.id = m.gateway
CROSS JOIN point p ON p.meter = m.id
CROSS JOIN reading r ON r.point = p.id
  AND (r.time, r.stream, r.sequence, r.ordinal) = (
    SELECT time, stream, sequence, ordinal FROM reading WHERE point = p.id
    ORDER BY time DESC, stream DESC, sequence DESC, ordinal DESC LIMIT 1)
CROSS JOIN definition d ON d.id = r.definition
CROSS JOIN stream s ON s.id = r.stream
CROSS JOIN batch b ON b.stream = r.stream AND b.sequence = r.sequence;

-- Gateways of this version send no intervals: the view has its columns, and no rows.
CREATE VIEW interval_view AS
SELECT g.city, g.name AS gateway, m.name AS meter, p.name AS point,
       d.quantity, d.medium, d.phase, d.tariff, d.obis, d.unit,
       NULL AS start, NULL AS time, NULL AS value, NULL AS coverage, NULL AS quality,
       NULL AS received_at, s.name AS stream, NULL AS sequence
FROM meter m
JOIN gateway g ON g.id = m.gateway
JOIN point p ON p.meter = m.id
JOIN definition d ON d.point = p.id
JOIN stream s ON s.id = d.stream
WHERE 0;

-- One row for each device at a metering point. The same device in a later stream is the same row; a
-- device that nobody declared ended is ended by the next one.
CREATE VIEW meter_view AS
WITH known AS (
  SELECT meter, name, code, serial, labels, model, model_version, ratio,
         min(valid_from) AS valid_from,
         CASE WHEN count(valid_to) = count(*) THEN max(valid_to) END AS valid_to
  FROM device
  GROUP BY meter, name, code, serial, labels, model, model_version, ratio)
SELECT g.city, g.name AS gateway, m.name AS meter,
       k.name, k.code, k.serial, k.labels, k.model, k.model_version, k.ratio,
       strftime('%Y-%m-%dT%H:%M:%fZ', k.valid_from / 1000.0, 'unixepoch') AS valid_from,
       strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(k.valid_to,
         lead(k.valid_from) OVER (PARTITION BY k.meter ORDER BY k.valid_from)) / 1000.0,
         'unixepoch') AS valid_to
FROM known k
JOIN meter m ON m.id = k.meter
JOIN gateway g ON g.id = m.gateway;

-- received, missing and newest count batches of the current stream.
CREATE VIEW gateway_view AS
SELECT g.city, g.name AS gateway,
       strftime('%Y-%m-%dT%H:%M:%fZ', g.last_seen / 1000.0, 'unixepoch') AS last_seen,
       coalesce(s.received, 0) AS received,
       coalesce(s.newest - s.first + 1 - s.received, 0) AS missing,
       s.newest, s.name AS stream, coalesce(s.readings, 0) AS readings,
       g.online, g.version, g.clock_trusted, g.unconfirmed_batches, g.meters_ok, g.meters_silent,
       strftime('%Y-%m-%dT%H:%M:%fZ', g.status_time / 1000.0, 'unixepoch') AS status_time
FROM gateway g
LEFT JOIN stream s ON s.id = (SELECT max(id) FROM stream WHERE gateway = g.id);

-- The state of today of each meter (point is null) and of each point that ever changed its own.
CREATE VIEW state_view AS
SELECT g.city, g.name AS gateway, m.name AS meter, p.name AS point,
       coalesce(l.text, 'state ' || t.state) AS state,
       strftime('%Y-%m-%dT%H:%M:%fZ', t.time / 1000.0, 'unixepoch') AS since,
       t.exception_code, s.name AS stream, t.sequence
FROM state t
JOIN meter m ON m.id = t.meter
JOIN gateway g ON g.id = m.gateway
JOIN stream s ON s.id = t.stream
LEFT JOIN point p ON p.id = t.point
LEFT JOIN label l ON l.kind = 'state' AND l.number = t.state
WHERE NOT EXISTS (
  SELECT 1 FROM state later
  WHERE later.meter = t.meter AND later.point = t.point
    AND (later.time, later.stream, later.sequence, later.ordinal)
      > (t.time, t.stream, t.sequence, t.ordinal));

CREATE VIEW event_view AS
SELECT g.city, g.name AS gateway,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.time / 1000.0, 'unixepoch') AS time,
       coalesce(l.text, 'event ' || e.kind) AS kind,
       m.name AS meter, e.number, e.text,
       strftime('%Y-%m-%dT%H:%M:%fZ', b.received_at / 1000.0, 'unixepoch') AS received_at,
       s.name AS stream, e.sequence
FROM event e
JOIN stream s ON s.id = e.stream
JOIN gateway g ON g.id = s.gateway
JOIN batch b ON b.stream = e.stream AND b.sequence = e.sequence
LEFT JOIN meter m ON m.id = e.meter
LEFT JOIN label l ON l.kind = 'event' AND l.number = e.kind;

CREATE VIEW gap_view AS
SELECT g.city, g.name AS gateway,
       strftime('%Y-%m-%dT%H:%M:%fZ', a.first / 1000.0, 'unixepoch') AS first,
       strftime('%Y-%m-%dT%H:%M:%fZ', a.last / 1000.0, 'unixepoch') AS last,
       a.readings,
       coalesce(l.text, 'reason ' || a.reason) AS reason,
       a.points,
       CASE b.kind WHEN 1 THEN 'tombstone' ELSE 'entry' END AS declared_by,
       strftime('%Y-%m-%dT%H:%M:%fZ', b.received_at / 1000.0, 'unixepoch') AS received_at,
       s.name AS stream, a.sequence
FROM gap a
JOIN stream s ON s.id = a.stream
JOIN gateway g ON g.id = s.gateway
JOIN batch b ON b.stream = a.stream AND b.sequence = a.sequence
LEFT JOIN label l ON l.kind = 'gap' AND l.number = a.reason;
