-- Where an event came from, and what Paxos itself said of it.
-- `evidence`: the event as List Events showed it: read with our own credentials, so that no second read is needed (F53).
-- `key_slot`: the authenticator and a fingerprint of the key, or the OAuth client; never the key (F36, F61).
-- `source_hash`: a keyed hash of the sender's address: equal for equal addresses, and names none.
ALTER TABLE inbox_event ADD COLUMN evidence jsonb, ADD COLUMN key_slot text, ADD COLUMN source_hash bytea;
