package org.pgdeltastream.rights;

/**
 * Who calls with rights of its own.
 *
 * @param role what it may do, as of now
 */
public record Bearer(Identity identity, Role role) {}
