-- How many events a plan's filter matched, where its limit took fewer (src/replay/replay.ts). Null for all others, and for plans made before.
ALTER TABLE replay ADD COLUMN matched integer CHECK (matched > 0);
