-- Alerts to the operators. An incident is one period of one problem of the home page; its key is the same in its alert and in its resolved message.
CREATE TABLE alert_incident (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  -- The problem that it reports, such as paxos-down or dead:17.
  problem_key   text NOT NULL,
  kind          text NOT NULL,
  severity      text NOT NULL,
  -- Counts and codes only: no name of an operator or a customer.
  sentence      text NOT NULL,
  next_action   text NOT NULL,
  customers     integer,
  since         timestamptz(3),
  state         text NOT NULL,
  first_seen_at timestamptz(3) NOT NULL,
  last_seen_at  timestamptz(3) NOT NULL,
  opened_at     timestamptz(3),
  closed_at     timestamptz(3),
  CONSTRAINT alert_incident_severity_is_known CHECK (severity IN ('critical', 'fault', 'warning')),
  CONSTRAINT alert_incident_state_is_known CHECK (state IN ('pending', 'open', 'resolved', 'cleared')),
  CONSTRAINT alert_incident_open_has_its_time CHECK ((state IN ('open', 'resolved')) = (opened_at IS NOT NULL)),
  CONSTRAINT alert_incident_closed_has_its_time CHECK ((state IN ('resolved', 'cleared')) = (closed_at IS NOT NULL))
);
-- One unfinished incident per problem over all processes.
CREATE UNIQUE INDEX alert_incident_one_per_problem ON alert_incident (problem_key) WHERE state IN ('pending', 'open');
CREATE INDEX alert_incident_newest_idx ON alert_incident (opened_at DESC, id DESC) WHERE opened_at IS NOT NULL;

-- One message to one channel about one transition of an incident: once per transition by its primary key.
CREATE TABLE alert_delivery (
  incident_id uuid NOT NULL REFERENCES alert_incident (id),
  transition  text NOT NULL,
  channel     text NOT NULL,
  state       text NOT NULL DEFAULT 'due',
  -- Transitions that went out together share a message. It is set before the first try and the same in every try.
  message_id  uuid,
  attempts    integer NOT NULL DEFAULT 0,
  due_at      timestamptz(3) NOT NULL,
  sent_at     timestamptz(3),
  PRIMARY KEY (incident_id, transition, channel),
  CONSTRAINT alert_delivery_transition_is_known CHECK (transition IN ('opened', 'resolved')),
  CONSTRAINT alert_delivery_state_is_known CHECK (state IN ('due', 'sent', 'dropped')),
  CONSTRAINT alert_delivery_sent_has_its_time CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
  CONSTRAINT alert_delivery_tried_has_its_message CHECK (attempts = 0 OR message_id IS NOT NULL)
);
CREATE INDEX alert_delivery_due_idx ON alert_delivery (channel, due_at) WHERE state = 'due';

-- One row per configured channel: who sends on it now, and whether it works.
CREATE TABLE alert_channel (
  name              text PRIMARY KEY,
  -- When a running process last had the channel in its configuration.
  seen_at           timestamptz(3) NOT NULL,
  lease_by          uuid,
  lease_until       timestamptz(3),
  next_try_at       timestamptz(3),
  last_message_at   timestamptz(3),
  last_delivered_at timestamptz(3),
  -- The last heartbeat that the channel accepted.
  heartbeat_at      timestamptz(3),
  failing_since     timestamptz(3),
  failures          integer NOT NULL DEFAULT 0,
  last_code         text,
  CONSTRAINT alert_channel_failing_has_its_code CHECK ((failing_since IS NULL) = (last_code IS NULL) AND (failing_since IS NULL) = (failures = 0)),
  CONSTRAINT alert_channel_lease_is_whole CHECK ((lease_by IS NULL) = (lease_until IS NULL))
);

-- When a process last compared the problems with the incidents: one process per round.
CREATE TABLE alert_round (
  id       smallint PRIMARY KEY DEFAULT 1,
  taken_at timestamptz(3) NOT NULL DEFAULT '-infinity',
  CONSTRAINT alert_round_is_one_row CHECK (id = 1)
);
INSERT INTO alert_round DEFAULT VALUES;
