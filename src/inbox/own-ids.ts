/** Prefix of the ids of Gatehouse's own rows. The receiver refuses it, so no sender can take such an id. */
export const OWN_ID_PREFIX = 'gatehouse:'
