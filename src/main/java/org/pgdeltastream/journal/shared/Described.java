package org.pgdeltastream.journal.shared;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.HeapShare;

/**
 * The newest Relation and Type messages, and which of them the present record has: PostgreSQL sends
 * each once, but a record is to be read alone.
 *
 * <p>Source: PostgreSQL's manual, "Logical Replication Message Formats".
 */
final class Described {
  private static final int ID = 1; // behind the message's type

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Known(byte[] message, long position, List<Integer> types) {}

  private final HeapShare heap;
  private final Map<Integer, Known> relations = new HashMap<>();
  private final Map<Integer, Known> types = new HashMap<>();
  private final Set<Integer> relationsHere = new HashSet<>();
  private final Set<Integer> typesHere = new HashSet<>();
  private long bytes;

  /** Where the present record takes a message. */
  interface Target {
    void put(byte[] message, int start, int end, long position) throws LogException;
  }

  Described(HeapShare heap) {
    this.heap = heap;
  }

  static boolean isDescription(byte type) {
    return type == 'R' || type == 'Y';
  }

  /** Another record begins, which has none. */
  void startRecord() {
    relationsHere.clear();
    typesHere.clear();
  }

  long bytes() {
    return bytes;
  }

  /** Keeps a description; the record that needs it gets it later. */
  void note(byte[] source, int start, int end, long position) {
    byte[] message = Arrays.copyOfRange(source, start, end);
    int id = ByteBuffer.wrap(message).getInt(ID);
    boolean isRelation = message[0] == 'R';
    List<Integer> used = isRelation ? typesOf(message) : List.of();
    Known before = (isRelation ? relations : types).put(id, new Known(message, position, used));
    bytes += message.length - (before == null ? 0 : before.message().length);
    heap.holdAnyway(bytes); // it is in memory already
    (isRelation ? relationsHere : typesHere).remove(id);
    if (!isRelation) { // a relation gets its types' names at the moment it is described
      relations.forEach((relation, known) -> forgetHere(relation, known, id));
    }
  }

  private void forgetHere(Integer relation, Known known, Integer type) {
    if (known.types().contains(type)) {
      relationsHere.remove(relation);
    }
  }

  /** Describes what a change is of, if the record does not yet. */
  void describe(byte[] message, int start, int end, Target target) throws LogException {
    ByteBuffer in = ByteBuffer.wrap(message, start, end - start).slice();
    switch (message[start]) {
      case 'I', 'U', 'D' -> describe(in.getInt(ID), target);
      case 'T' -> {
        int count = in.getInt(ID);
        for (int i = 0; i < count; i++) {
          describe(in.getInt(ID + Integer.BYTES + 1 + i * Integer.BYTES), target);
        }
      }
      default -> {
        // of no table
      }
    }
  }

  private void describe(int id, Target target) throws LogException {
    Known relation = relations.get(id);
    if (relation == null || !relationsHere.add(id)) {
      return;
    }
    for (Integer type : relation.types()) {
      Known known = types.get(type);
      if (known != null && typesHere.add(type)) {
        put(known, target);
      }
    }
    put(relation, target);
  }

  private static void put(@Nullable Known one, Target target) throws LogException {
    if (one != null) {
      target.put(one.message(), 0, one.message().length, one.position());
    }
  }

  /** Relation: id, schema, name, identity, and of each column flags, name, type and modifier. */
  private static List<Integer> typesOf(byte[] message) {
    ByteBuffer in = ByteBuffer.wrap(message);
    in.position(ID + Integer.BYTES);
    skipText(in);
    skipText(in);
    in.get();
    List<Integer> used = new ArrayList<>();
    int columns = in.getShort();
    for (int i = 0; i < columns; i++) {
      in.get();
      skipText(in);
      used.add(in.getInt());
      in.getInt();
    }
    return used;
  }

  private static void skipText(ByteBuffer in) {
    while (in.get() != 0) {
      // up to its end
    }
  }
}
