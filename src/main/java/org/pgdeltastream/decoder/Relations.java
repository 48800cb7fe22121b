package org.pgdeltastream.decoder;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Relation;

/** The relations that the server has described, by number. Most changes ask for the last one. */
final class Relations {
  private final Map<Integer, Relation> byId = new HashMap<>();
  private @Nullable Relation last;

  void add(Relation relation) {
    byId.put(relation.id(), relation);
    last = relation;
  }

  /** The relation whose number is read next. */
  Relation next(WireReader in) {
    int id = in.int32();
    Relation relation = last;
    if (relation == null || relation.id() != id) {
      relation = byId.get(id);
    }
    if (relation == null) {
      throw in.malformed(
          "Relation " + Integer.toUnsignedString(id) + " was never described", Integer.BYTES);
    }
    last = relation;
    return relation;
  }
}
