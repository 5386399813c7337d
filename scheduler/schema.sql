-- schema.sql - the one database: jobs, nodes, keys and books
--
-- The scheduler is the only writer; tequio-accounting reads.  Times are microseconds since
-- 1970 (UTC), amounts micro service units, memory bytes.  `mac` is a keyed BLAKE2b-128
-- over the row's canonical bytes with table name and primary key, so that a flipped bit or an
-- edited row is found before it is believed; the key lies beside the database.  txn and
-- audit are append-only and chained.  A new version is a new step in store_sqlite_schema.c,
-- never a change of an old one; this file is version 1.
--
-- Version 2: txn, entry, usage and audit have a column mac too, the last; meta has a row
-- "tally", the number of rows and the sum of the MACs of each table, by which a row that is
-- gone, or put back as it once was, is found.
--
-- Version 3: no table entry (the entries are in canonical), and of the books only the indexes that
-- somebody asks by.
--
-- Version 11: what an attempt used is in txn, which has no text of its own for it (store_sqlite_books.c);
-- no tables usage and priced.
--
-- Version 12: table seal, whom the seals in txn.user stand for; a name is there only of whom has no seal.
--
-- Version 13: table erasure, who is to be erased; a line of audit can lose what it said.
--
-- SPDX-License-Identifier: Apache-2.0

CREATE TABLE meta (
  name TEXT PRIMARY KEY, value BLOB NOT NULL, mac BLOB NOT NULL) STRICT, WITHOUT ROWID;
-- schema (decimal text), lineage (16 bytes), epoch, network, id_epoch, clean_stop

CREATE TABLE institution (
  name TEXT PRIMARY KEY, title TEXT NOT NULL, ror TEXT NOT NULL, made_us INTEGER NOT NULL,
  mac BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE project (
  name TEXT PRIMARY KEY, institution TEXT NOT NULL REFERENCES institution(name),
  title TEXT NOT NULL, made_us INTEGER NOT NULL, mac BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE member (
  user TEXT NOT NULL, project TEXT NOT NULL REFERENCES project(name), manager INTEGER NOT NULL,
  from_us INTEGER NOT NULL, mac BLOB NOT NULL, PRIMARY KEY (user, project)) STRICT, WITHOUT ROWID;

CREATE TABLE principal (
  name TEXT NOT NULL, is_node INTEGER NOT NULL, institution TEXT NOT NULL, cluster TEXT NOT NULL,
  roles INTEGER NOT NULL, made_us INTEGER NOT NULL, made_by TEXT NOT NULL, mac BLOB NOT NULL,
  PRIMARY KEY (name, is_node)) STRICT, WITHOUT ROWID;
CREATE TABLE local_uid (
  uid INTEGER PRIMARY KEY, name TEXT NOT NULL, mac BLOB NOT NULL) STRICT;
CREATE TABLE public_key (
  public_key TEXT PRIMARY KEY, name TEXT NOT NULL, is_node INTEGER NOT NULL,
  enrolled_us INTEGER NOT NULL, enrolled_by TEXT NOT NULL,
  revoked_us INTEGER NOT NULL, revoked_by TEXT NOT NULL, revoked_why TEXT NOT NULL,
  mac BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE token ( -- only the digest of a one-time token is kept
  digest BLOB PRIMARY KEY, name TEXT NOT NULL, is_node INTEGER NOT NULL,
  institution TEXT NOT NULL, cluster TEXT NOT NULL, roles INTEGER NOT NULL,
  until_us INTEGER NOT NULL, used_us INTEGER NOT NULL, made_by TEXT NOT NULL,
  mac BLOB NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE request ( -- what was answered to a request key: the same again gets the same answer
  request_key BLOB PRIMARY KEY, principal TEXT NOT NULL, digest BLOB NOT NULL,
  answer BLOB NOT NULL, at_us INTEGER NOT NULL, mac BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX request_age ON request(at_us);

CREATE TABLE script (
  id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, bytes BLOB NOT NULL,
  mac BLOB NOT NULL) STRICT;
CREATE TABLE spec ( -- what a job runs: a packed JobSpec, shared by its copies
  id INTEGER PRIMARY KEY, script INTEGER NOT NULL REFERENCES script(id), bytes BLOB NOT NULL,
  mac BLOB NOT NULL) STRICT;

CREATE TABLE job (
  id INTEGER PRIMARY KEY, spec INTEGER NOT NULL REFERENCES spec(id),
  name TEXT NOT NULL, user TEXT NOT NULL, project TEXT NOT NULL, institution TEXT NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 20), reason INTEGER NOT NULL,
  hold INTEGER NOT NULL, attempt INTEGER NOT NULL, token BLOB NOT NULL,
  submit_us INTEGER NOT NULL, eligible_us INTEGER NOT NULL, start_us INTEGER NOT NULL,
  end_us INTEGER NOT NULL, held_micro INTEGER NOT NULL CHECK (held_micro >= 0),
  charged_micro INTEGER NOT NULL CHECK (charged_micro >= 0),
  exit_code INTEGER NOT NULL, exit_signal INTEGER NOT NULL, launch_failures INTEGER NOT NULL,
  flags INTEGER NOT NULL, -- 1 cancelled, 2 requeue_after
  ended_by TEXT NOT NULL, output TEXT NOT NULL, error_output TEXT NOT NULL,
  cluster TEXT NOT NULL, partition TEXT NOT NULL,
  nodes INTEGER NOT NULL, cores INTEGER NOT NULL, tasks INTEGER NOT NULL,
  memory INTEGER NOT NULL, limit_us INTEGER NOT NULL, node_list TEXT NOT NULL,
  cpu_used_us INTEGER NOT NULL, memory_peak INTEGER NOT NULL,
  request BLOB NOT NULL, -- the request as checked, packed
  mac BLOB NOT NULL) STRICT;
CREATE INDEX job_live ON job(state) WHERE state < 4;
CREATE INDEX job_end ON job(end_us);
CREATE INDEX job_user ON job(user, id);
CREATE INDEX job_project ON job(project, id);

CREATE TABLE part ( -- of the present attempt
  job INTEGER NOT NULL REFERENCES job(id), part INTEGER NOT NULL, attempt INTEGER NOT NULL,
  node TEXT NOT NULL, cores INTEGER NOT NULL, tasks INTEGER NOT NULL, memory INTEGER NOT NULL,
  state INTEGER NOT NULL, core_list TEXT NOT NULL, cpu_list TEXT NOT NULL,
  cpu_used_us INTEGER NOT NULL, memory_peak INTEGER NOT NULL, mac BLOB NOT NULL,
  PRIMARY KEY (job, part)) STRICT, WITHOUT ROWID;

CREATE TABLE node (
  name TEXT PRIMARY KEY, cluster TEXT NOT NULL, drained INTEGER NOT NULL,
  drain_reason TEXT NOT NULL, drain_by TEXT NOT NULL, boot_id TEXT NOT NULL,
  cores INTEGER NOT NULL, threads INTEGER NOT NULL, packages INTEGER NOT NULL,
  numa_nodes INTEGER NOT NULL, gpus INTEGER NOT NULL, memory INTEGER NOT NULL,
  emulated INTEGER NOT NULL, boot_us INTEGER NOT NULL, topology BLOB NOT NULL,
  mac BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE topology (
  digest BLOB PRIMARY KEY, xml BLOB NOT NULL, mac BLOB NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE grant_ (
  id INTEGER PRIMARY KEY, institution TEXT NOT NULL REFERENCES institution(name),
  project TEXT NOT NULL, -- '' = to the institution
  amount INTEGER NOT NULL CHECK (amount > 0), start_us INTEGER NOT NULL,
  end_us INTEGER NOT NULL, reason TEXT NOT NULL, made_by TEXT NOT NULL,
  made_us INTEGER NOT NULL, mac BLOB NOT NULL) STRICT;
CREATE TABLE hold (
  job INTEGER NOT NULL, attempt INTEGER NOT NULL, project TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount >= 0), mac BLOB NOT NULL,
  PRIMARY KEY (job, attempt)) STRICT, WITHOUT ROWID;

-- The ledger: append-only. canonical is the text that leaf hashes (ledger.h).
CREATE TABLE txn (
  id INTEGER PRIMARY KEY, txn_key TEXT NOT NULL UNIQUE, kind INTEGER NOT NULL,
  institution TEXT NOT NULL, sequence INTEGER NOT NULL, at_us INTEGER NOT NULL,
  canonical TEXT NOT NULL, leaf BLOB NOT NULL, head BLOB NOT NULL,
  UNIQUE (institution, sequence)) STRICT;
CREATE TABLE entry (
  txn INTEGER NOT NULL REFERENCES txn(id), line INTEGER NOT NULL, account TEXT NOT NULL,
  amount INTEGER NOT NULL, PRIMARY KEY (txn, line)) STRICT, WITHOUT ROWID;
CREATE TABLE usage ( -- one per attempt that ran (slice 0 until jobs are cut at period edges)
  job INTEGER NOT NULL, attempt INTEGER NOT NULL, slice INTEGER NOT NULL,
  txn INTEGER NOT NULL REFERENCES txn(id),
  institution TEXT NOT NULL, project TEXT NOT NULL, user TEXT NOT NULL,
  cluster TEXT NOT NULL, partition TEXT NOT NULL, submit_us INTEGER NOT NULL,
  eligible_us INTEGER NOT NULL, start_us INTEGER NOT NULL, end_us INTEGER NOT NULL,
  nodes INTEGER NOT NULL, cores INTEGER NOT NULL, wall_us INTEGER NOT NULL,
  cpu_used_us INTEGER NOT NULL, memory INTEGER NOT NULL, memory_peak INTEGER NOT NULL,
  charged INTEGER NOT NULL, waived INTEGER NOT NULL, factor_ppm INTEGER NOT NULL,
  state TEXT NOT NULL, PRIMARY KEY (job, attempt, slice)) STRICT, WITHOUT ROWID;
CREATE INDEX usage_institution ON usage(institution, end_us);
CREATE INDEX usage_end ON usage(end_us);

-- Running sums per project, kept with each charge, so that a start need not add up the whole ledger.
CREATE TABLE balance (
  institution TEXT NOT NULL, project TEXT NOT NULL, charged INTEGER NOT NULL,
  mac BLOB NOT NULL, PRIMARY KEY (institution, project)) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, principal TEXT NOT NULL,
  act TEXT NOT NULL, text TEXT NOT NULL, head BLOB NOT NULL) STRICT;

CREATE TRIGGER txn_keep_update BEFORE UPDATE ON txn BEGIN SELECT RAISE(ABORT, 'txn is append-only'); END;
CREATE TRIGGER txn_keep_delete BEFORE DELETE ON txn BEGIN SELECT RAISE(ABORT, 'txn is append-only'); END;
CREATE TRIGGER entry_keep_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END;
CREATE TRIGGER entry_keep_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END;
CREATE TRIGGER usage_keep_update BEFORE UPDATE ON usage BEGIN SELECT RAISE(ABORT, 'usage is append-only'); END;
CREATE TRIGGER usage_keep_delete BEFORE DELETE ON usage BEGIN SELECT RAISE(ABORT, 'usage is append-only'); END;
CREATE TRIGGER audit_keep_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_keep_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
