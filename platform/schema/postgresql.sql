-- SPDX-License-Identifier: Apache-2.0
-- The city's database in PostgreSQL: the tables and views of sqlite.sql, for several receivers at once.
-- Tables are the receivers' own; outsiders read the views.

-- A receiver works with its own major version and any minor one: a newer minor version only adds.
CREATE TABLE schema_version (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  major integer NOT NULL,
  minor integer NOT NULL
);

CREATE TABLE gateway (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  city text NOT NULL,
  name text NOT NULL,
  last_seen timestamptz,
  -- of the newest status; the will of an older session does not count
  session bigint,
  online smallint,
  status_time timestamptz,
  version text,
  started timestamptz,
  clock_trusted smallint,
  oldest_held bigint,
  unconfirmed_batches bigint,
  unconfirmed_bytes bigint,
  buffer_bytes bigint,
  meters_ok bigint,
  meters_silent bigint,
  readings_taken bigint,
  UNIQUE (city, name)
);

-- Ids grow in the order in which streams were first heard of: where two streams of a gateway tell of
-- one moment, the later id wins.
CREATE TABLE stream (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  gateway integer NOT NULL REFERENCES gateway,
  name text NOT NULL,               -- 16 hex digits
  contested boolean NOT NULL DEFAULT false,  -- a catalog contradicted it: nothing new is stored under it
  first bigint,                     -- the lowest number that was held when the stream was first heard
  newest bigint,
  received bigint NOT NULL DEFAULT 0,  -- batches, tombstones too
  readings bigint NOT NULL DEFAULT 0,
  UNIQUE (gateway, name)
);

-- As received. A catalog of revision r decodes every batch of the stream up to revision r.
CREATE TABLE catalog (
  stream integer NOT NULL REFERENCES stream,
  revision bigint NOT NULL,
  received_at timestamptz NOT NULL,
  payload bytea NOT NULL,
  PRIMARY KEY (stream, revision)
);

-- A metering point: the place, whatever device is there.
CREATE TABLE meter (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  gateway integer NOT NULL REFERENCES gateway,
  name text NOT NULL,
  UNIQUE (name, gateway)
);

-- The devices at a metering point, one row for each number of a catalog.
CREATE TABLE device (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream integer NOT NULL REFERENCES stream,
  number bigint NOT NULL,
  meter integer NOT NULL REFERENCES meter,
  name text NOT NULL,
  code text NOT NULL,
  serial text NOT NULL,
  model text NOT NULL,
  model_version text NOT NULL,
  ratio text NOT NULL,
  labels text NOT NULL,             -- a JSON object
  valid_from timestamptz NOT NULL,
  valid_to timestamptz,
  UNIQUE (stream, number)
);

-- What is measured at a metering point, across devices, streams and numbers.
CREATE TABLE point (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  meter integer NOT NULL REFERENCES meter,
  name text NOT NULL,
  UNIQUE (meter, name)
);

-- What a point number of a catalog means. Never changed.
CREATE TABLE definition (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream integer NOT NULL REFERENCES stream,
  number bigint NOT NULL,
  point integer NOT NULL REFERENCES point,
  device integer NOT NULL REFERENCES device,
  quantity text NOT NULL,
  medium text NOT NULL,
  phase text NOT NULL,
  tariff bigint NOT NULL,
  obis text NOT NULL,
  unit text NOT NULL,
  kind text NOT NULL,
  class smallint NOT NULL,          -- 0 detail, 1 billing
  labels text,                      -- of a code list: a JSON object, code -> label
  UNIQUE (stream, number)
);

-- One row for each number of a stream, written in the transaction of its readings; it outlives them.
CREATE TABLE batch (
  stream integer NOT NULL REFERENCES stream,
  sequence bigint NOT NULL,
  digest bytea NOT NULL,            -- SHA-256 of the payload
  received_at timestamptz NOT NULL,
  kind smallint NOT NULL,           -- 0 data, 1 tombstone
  class smallint NOT NULL,          -- 0 detail, 1 billing
  catalog_revision bigint NOT NULL,
  readings bigint NOT NULL,
  first timestamptz NOT NULL,
  last timestamptz NOT NULL,
  bytes bigint NOT NULL,
  PRIMARY KEY (stream, sequence)
);

-- A reading is (stream, sequence, ordinal). That it is there once, the key of batch decides.
CREATE TABLE reading (
  class smallint NOT NULL,          -- of its batch
  point integer NOT NULL,
  stream integer NOT NULL,
  sequence bigint NOT NULL,
  time timestamptz NOT NULL,
  ordinal integer NOT NULL,         -- in the batch: answer by answer, numbers before texts
  definition integer NOT NULL,
  quality bigint NOT NULL,          -- flags of proto/bornier/v1; 0 is good
  value numeric,
  text text
) PARTITION BY LIST (class);
CREATE INDEX reading_of_point ON reading (point, time);
CREATE TABLE reading_detail PARTITION OF reading FOR VALUES IN (0) PARTITION BY RANGE (time);
CREATE TABLE reading_billing PARTITION OF reading FOR VALUES IN (1) PARTITION BY RANGE (time);
-- What a wrong clock dates has a place too. The months and years between are made when their first
-- reading comes; retention drops them whole. There is no default partition, so PostgreSQL knows the
-- partitions to be in the order of time.
CREATE TABLE reading_detail_before PARTITION OF reading_detail FOR VALUES FROM (MINVALUE) TO ('2000-01-01Z');
CREATE TABLE reading_detail_after PARTITION OF reading_detail FOR VALUES FROM ('2100-01-01Z') TO (MAXVALUE);
CREATE TABLE reading_billing_before PARTITION OF reading_billing FOR VALUES FROM (MINVALUE) TO ('2000-01-01Z');
CREATE TABLE reading_billing_after PARTITION OF reading_billing FOR VALUES FROM ('2100-01-01Z') TO (MAXVALUE);

CREATE TABLE state (
  meter integer NOT NULL REFERENCES meter,
  point integer NOT NULL,           -- 0: the whole meter
  time timestamptz NOT NULL,
  stream integer NOT NULL,
  sequence bigint NOT NULL,
  ordinal integer NOT NULL,
  state smallint NOT NULL,
  exception_code smallint NOT NULL,
  PRIMARY KEY (meter, point, time, stream, sequence, ordinal)
);

CREATE TABLE event (
  stream integer NOT NULL,
  sequence bigint NOT NULL,
  ordinal integer NOT NULL,
  time timestamptz NOT NULL,
  kind smallint NOT NULL,
  meter integer REFERENCES meter,
  number bigint NOT NULL,
  text text NOT NULL,
  PRIMARY KEY (stream, sequence, ordinal)
);

CREATE TABLE gap (
  stream integer NOT NULL,
  sequence bigint NOT NULL,
  ordinal integer NOT NULL,
  first timestamptz NOT NULL,
  last timestamptz NOT NULL,
  readings bigint NOT NULL,         -- 0: not known how many
  reason smallint NOT NULL,
  points text NOT NULL,             -- a JSON array of "meter/point"; empty: not known which
  PRIMARY KEY (stream, sequence, ordinal)
);

-- Bytes that could not be read, with the reason.
CREATE TABLE quarantine (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text NOT NULL,
  reason text NOT NULL,
  digest bytea NOT NULL,
  received_at timestamptz NOT NULL,
  times bigint NOT NULL,
  bytes bigint NOT NULL,            -- as received; the payload may be cut
  payload bytea NOT NULL,
  UNIQUE (digest, topic)
);

-- Other bytes under a number that was there already.
CREATE TABLE conflict (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream integer NOT NULL REFERENCES stream,
  sequence bigint NOT NULL,
  digest bytea NOT NULL,
  received_at timestamptz NOT NULL,
  times bigint NOT NULL,
  bytes bigint NOT NULL,
  payload bytea NOT NULL,
  UNIQUE (stream, sequence, digest)
);

-- Texts of the numbers above, written by every receiver that connects.
CREATE TABLE label (
  kind text NOT NULL,               -- state, event, gap
  number smallint NOT NULL,
  text text NOT NULL,
  PRIMARY KEY (kind, number)
);

CREATE VIEW reading_view AS
SELECT g.city, g.name AS gateway, m.name AS meter, p.name AS point,
       d.quantity, d.medium, d.phase, d.tariff, d.obis, d.unit,
       r.time,
       r.value,
       coalesce(r.text, d.labels::json ->> r.value::text) AS text,
       r.quality,
       b.received_at,
       s.name AS stream, r.sequence
FROM meter m
JOIN gateway g ON g.id = m.gateway
JOIN point p ON p.meter = m.id
JOIN reading r ON r.point = p.id
JOIN definition d ON d.id = r.definition
JOIN stream s ON s.id = r.stream
JOIN batch b ON b.stream = r.stream AND b.sequence = r.sequence
WHERE NOT EXISTS (
  SELECT 1 FROM reading later
  WHERE later.point = r.point AND later.time = r.time
    AND (later.stream, later.sequence, later.ordinal) > (r.stream, r.sequence, r.ordinal));

-- Class by class: so PostgreSQL goes from the newest partition back and stops at the first reading.
CREATE VIEW latest_view AS
SELECT g.city, g.name AS gateway, m.name AS meter, p.name AS point,
       d.quantity, d.medium, d.phase, d.tariff, d.obis, d.unit,
       r.time,
       r.value,
       coalesce(r.text, d.labels::json ->> r.value::text) AS text,
       r.quality,
       b.received_at,
       s.name AS stream, r.sequence
FROM meter m
JOIN gateway g ON g.id = m.gateway
JOIN point p ON p.meter = m.id
JOIN LATERAL (
  (SELECT * FROM reading_detail WHERE point = p.id
   ORDER BY time DESC, stream DESC, sequence DESC, ordinal DESC LIMIT 1)
  UNION ALL
  (SELECT * FROM reading_billing WHERE point = p.id
   ORDER BY time DESC, stream DESC, sequence DESC, ordinal DESC LIMIT 1)
  ORDER BY time DESC, stream DESC, sequence DESC, ordinal DESC LIMIT 1) r ON true
JOIN definition d ON d.id = r.definition
JOIN stream s ON s.id = r.stream
JOIN batch b ON b.stream = r.stream AND b.sequence = r.sequence;

-- Gateways of this version send no intervals: the view has its columns, and no rows.
CREATE VIEW interval_view AS
SELECT g.city, g.name AS gateway, m.name AS meter, p.name AS point,
       d.quantity, d.medium, d.phase, d.tariff, d.obis, d.unit,
       NULL::timestamptz AS start, NULL::timestamptz AS time, NULL::numeric AS value,
       NULL::numeric AS coverage, NULL::bigint AS quality, NULL::timestamptz AS received_at,
       s.name AS stream, NULL::bigint AS sequence
FROM meter m
JOIN gateway g ON g.id = m.gateway
JOIN point p ON p.meter = m.id
JOIN definition d ON d.point = p.id
JOIN stream s ON s.id = d.stream
WHERE false;

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
       k.valid_from,
       coalesce(k.valid_to, lead(k.valid_from) OVER (PARTITION BY k.meter ORDER BY k.valid_from)) AS valid_to
FROM known k
JOIN meter m ON m.id = k.meter
JOIN gateway g ON g.id = m.gateway;

-- received, missing and newest count batches of the current stream.
CREATE VIEW gateway_view AS
SELECT g.city, g.name AS gateway,
       g.last_seen,
       coalesce(s.received, 0) AS received,
       coalesce(s.newest - s.first + 1 - s.received, 0) AS missing,
       s.newest, s.name AS stream, coalesce(s.readings, 0) AS readings,
       g.online, g.version, g.clock_trusted, g.unconfirmed_batches, g.meters_ok, g.meters_silent,
       g.status_time
FROM gateway g
LEFT JOIN stream s ON s.id = (SELECT max(id) FROM stream WHERE gateway = g.id);

-- The state of today of each meter (point is null) and of each point that ever changed its own.
CREATE VIEW state_view AS
SELECT g.city, g.name AS gateway, m.name AS meter, p.name AS point,
       coalesce(l.text, 'state ' || t.state) AS state,
       t.time AS since,
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
       e.time,
       coalesce(l.text, 'event ' || e.kind) AS kind,
       m.name AS meter, e.number, e.text,
       b.received_at,
       s.name AS stream, e.sequence
FROM event e
JOIN stream s ON s.id = e.stream
JOIN gateway g ON g.id = s.gateway
JOIN batch b ON b.stream = e.stream AND b.sequence = e.sequence
LEFT JOIN meter m ON m.id = e.meter
LEFT JOIN label l ON l.kind = 'event' AND l.number = e.kind;

CREATE VIEW gap_view AS
SELECT g.city, g.name AS gateway,
       a.first,
       a.last,
       a.readings,
       coalesce(l.text, 'reason ' || a.reason) AS reason,
       a.points,
       CASE b.kind WHEN 1 THEN 'tombstone' ELSE 'entry' END AS declared_by,
       b.received_at,
       s.name AS stream, a.sequence
FROM gap a
JOIN stream s ON s.id = a.stream
JOIN gateway g ON g.id = s.gateway
JOIN batch b ON b.stream = a.stream AND b.sequence = a.sequence
LEFT JOIN label l ON l.kind = 'gap' AND l.number = a.reason;
