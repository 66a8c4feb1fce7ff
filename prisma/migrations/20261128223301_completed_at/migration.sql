-- *Settle* is a word of trading: a quote execution settles, an event is completed (docs/style.md). Rights on a column and indexes follow its name.
ALTER TABLE inbox_event RENAME COLUMN settled_at TO completed_at;
ALTER TABLE effect RENAME COLUMN settled_at TO completed_at;
