-- What all processes together have taken of Paxos's rate limits, which hold per source address (paxos/api.md 1.5). One row, whose
-- content src/paxos/budget-state.ts owns; `version` is the fence: every write names the version it was decided on.
CREATE TABLE paxos_budget (
  id      integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  version bigint NOT NULL DEFAULT 0,
  state   json NOT NULL DEFAULT '{}'
) WITH (fillfactor = 50);
INSERT INTO paxos_budget DEFAULT VALUES;
