package org.pgdeltastream.change;

/**
 * A column as pgoutput describes it.
 *
 * @param key part of the replica identity
 * @param typeOid the data type's number
 * @param typeModifier its length or precision, -1 if none
 */
public record Column(boolean key, String name, int typeOid, int typeModifier) {}
