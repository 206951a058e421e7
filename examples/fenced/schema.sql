-- One row for each job. `fence` is the highest term that wrote to it.
CREATE TABLE job (
  name text PRIMARY KEY,
  fence bigint NOT NULL DEFAULT 0,
  runs bigint NOT NULL DEFAULT 0
);
