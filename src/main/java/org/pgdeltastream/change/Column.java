package org.pgdeltastream.change;

import java.util.Optional;

/**
 * A column as pgoutput describes it.
 *
 * @param key part of the replica identity
 * @param typeOid the data type's number
 * @param typeModifier its length or precision, -1 if none
 * @param typeName the data type's name at the time of the change, if it does not come with
 *     PostgreSQL; of a domain, its base type's
 */
public record Column(
    boolean key, String name, int typeOid, int typeModifier, Optional<TypeName> typeName) {
  public Column(boolean key, String name, int typeOid, int typeModifier) {
    this(key, name, typeOid, typeModifier, Optional.empty());
  }
}
