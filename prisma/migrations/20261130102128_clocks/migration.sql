-- Customers with requirements or controls at Paxos, for the list of KYC refreshes that run out: few of all customers.
CREATE INDEX onboarding_outstanding_idx ON onboarding (identity_id) WHERE status_details IS NOT NULL;
