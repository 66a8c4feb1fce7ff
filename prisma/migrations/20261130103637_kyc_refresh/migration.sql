-- The end of a running KYC refresh, and the last reminder of it: { "endsAt": RFC 3339, "reminded": 14 | 7 | 1 | null }. Null: none is running.
ALTER TABLE onboarding ADD COLUMN kyc_refresh jsonb;
