package org.pgdeltastream.decoder;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.change.Relation;

/** The relations that the server has described, by number. Most changes ask for the last one. */
final class Relations {
  private final Map<Integer, Relation> byId = new HashMap<>();
  private @Nullable Relation last;

  void add(Relation relation) {
    byId.put(relation.id(), relation);
    last = relation;
  }

  Relation get(int id) {
    Relation relation = last;
    if (relation == null || relation.id() != id) {
      relation = byId.get(id);
    }
    if (relation == null) {
      throw new MalformedMessageException(
          "Relation " + Integer.toUnsignedString(id) + " at byte 1 was never described");
    }
    last = relation;
    return relation;
  }
}
