-- A plan is on record before its events are chosen, which takes seconds over a large inbox. Those of plans from before are chosen.
ALTER TABLE replay ADD COLUMN chosen boolean NOT NULL DEFAULT true;
