package org.pgdeltastream.replication;

import java.time.Duration;

/**
 * What streams a slot.
 *
 * @param walsender its process number
 * @param silence how long its client has said nothing; none where PostgreSQL does not tell it
 */
public record SlotHolder(int walsender, String applicationName, Duration silence) {}
