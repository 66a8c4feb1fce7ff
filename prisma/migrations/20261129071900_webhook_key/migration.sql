-- One row per webhook key, named by its slot (authenticator and fingerprint, never the key): when it was last used, how many of its events
-- Paxos knew lately, and how many single reads of unknown event ids it may still cause. Slots come only from configured keys, so the
-- table stays as small as their number.
CREATE TABLE webhook_key (
  slot             text PRIMARY KEY,
  -- When a running receiver last said that it accepts the key, and when it last had a delivery under it.
  accepted_at      timestamptz(3),
  last_used_at     timestamptz(3),
  -- Events looked up since window_at, and in the five minutes before it.
  window_at        timestamptz(3) NOT NULL DEFAULT now(),
  known            integer NOT NULL DEFAULT 0,
  unknown          integer NOT NULL DEFAULT 0,
  earlier_known    integer NOT NULL DEFAULT 0,
  earlier_unknown  integer NOT NULL DEFAULT 0,
  -- Null: trusted. The figures are those that led to the demotion.
  demoted_at       timestamptz(3),
  demoted_known    integer,
  demoted_unknown  integer,
  -- What was left of the quota of single reads at reads_at; null: the key has caused none yet.
  reads_left       double precision,
  reads_at         timestamptz(3),
  CONSTRAINT webhook_key_counts_are_not_negative CHECK (least(known, unknown, earlier_known, earlier_unknown, demoted_known, demoted_unknown) >= 0),
  CONSTRAINT webhook_key_quota_is_not_overdrawn CHECK (reads_left >= 0),
  CONSTRAINT webhook_key_demotion_has_its_figures CHECK ((demoted_at IS NULL) = (demoted_known IS NULL) AND (demoted_at IS NULL) = (demoted_unknown IS NULL)),
  CONSTRAINT webhook_key_quota_has_its_time CHECK ((reads_left IS NULL) = (reads_at IS NULL))
);
