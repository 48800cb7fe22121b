package org.pgdeltastream.replication.wal;

/** Which database cluster and which timeline of it. Source: manual, IDENTIFY_SYSTEM. */
public record ServerIdentity(String systemId, int timeline) {}
