package org.pgdeltastream.replication.wal;

/**
 * Which database cluster, which timeline of it, and which database. Source: manual,
 * IDENTIFY_SYSTEM.
 */
public record ServerIdentity(String systemId, int timeline, String database) {}
