package org.pgdeltastream.replication;

/**
 * What streams a slot.
 *
 * @param walsender its process number
 */
public record SlotHolder(int walsender, String applicationName) {}
