/** How many days old a check may be before the cards say so. Use what the playbook says under `stale_after`. */
export const STALE_AFTER_DAYS = 3;

/** How many of the things missing a compact card shows before it is unfolded. */
export const SHOWN_WHEN_COMPACT = 2;
