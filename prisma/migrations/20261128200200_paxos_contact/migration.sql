-- Whether Paxos answers, as the circuit breakers of all processes see it: one row for the API and one for the token endpoint (F6).
CREATE TABLE paxos_contact (
  circuit       text PRIMARY KEY CHECK (circuit IN ('api', 'token')),
  -- When it began to fail; null while it answers.
  failing_since timestamptz(3),
  error_code    text,
  http_status   integer,
  detail        text,
  -- When the next call goes out as a probe; null while it answers.
  next_probe_at timestamptz(3),
  answered_at   timestamptz(3)
);
