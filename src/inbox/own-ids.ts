/** Ids of rows that Gatehouse itself puts into the inbox begin so. The receiver refuses them, so that no sender can take one. */
export const OWN_ID_PREFIX = 'gatehouse:'
