/**
 * Every documented scope, also of operations that are not simulated: a client may request what the guide lists. The simulator's default
 * client may request all of them.
 */
export const DOCUMENTED_SCOPES: readonly string[] = [
  ...['address_ownership:read_verification', 'address_ownership:write_verification'],
  ...['api_creds:delete_credentials', 'api_creds:read_credentials'],
  ...['conversion:read_conversion_stablecoin', 'conversion:write_conversion_stablecoin'],
  ...['events:read_event'],
  ...['exchange:historical_prices', 'exchange:read_issuer_quote_execution', 'exchange:read_order', 'exchange:read_quote'],
  ...['exchange:read_quote_execution', 'exchange:write_issuer_quote', 'exchange:write_issuer_quote_execution'],
  ...['exchange:write_order', 'exchange:write_quote_execution'],
  ...['fee:write_crypto_withdrawal_fee'],
  ...['funding:read_bank_balance', 'funding:read_profile', 'funding:write_profile'],
  ...['identity:read_account', 'identity:read_identity', 'identity:read_identity_control'],
  ...['identity:write_account', 'identity:write_identity', 'identity:write_identity_control'],
  ...['orchestration:read_orchestration', 'orchestration:read_orchestration_rule'],
  ...['orchestration:write_orchestration', 'orchestration:write_orchestration_rule'],
  ...['rewards:create_payout_groups', 'rewards:delete_payout_groups', 'rewards:read_claims', 'rewards:read_claims_schedule'],
  ...['rewards:read_monitoring_address', 'rewards:read_payout_groups', 'rewards:read_rewards_details', 'rewards:read_statements'],
  ...['rewards:update_payout_groups', 'rewards:write_claims_schedule', 'rewards:write_monitoring_address'],
  ...['rewards:write_payout_groups'],
  ...['settlement:read_transaction', 'settlement:write_transaction'],
  ...['statements:read_payment', 'statements:read_statement'],
  ...['tax:read_tax_form', 'tax:read_tax_lot', 'tax:write_tax_lot'],
  ...['transfer:read_crypto_destination_address', 'transfer:read_deposit_address', 'transfer:read_fiat_account'],
  ...['transfer:read_fiat_deposit_instructions', 'transfer:read_transfer', 'transfer:read_transfer_limit'],
  ...['transfer:reject_crypto_deposit', 'transfer:update_crypto_deposit', 'transfer:write_crypto_destination_address'],
  ...['transfer:write_crypto_withdrawal', 'transfer:write_deposit_address', 'transfer:write_fiat_account'],
  ...['transfer:write_fiat_deposit_instructions', 'transfer:write_fiat_withdrawal', 'transfer:write_internal_transfer'],
  ...['transfer:write_paxos_transfer', 'transfer:write_sandbox_fiat_deposit'],
]
