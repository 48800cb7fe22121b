package org.pgdeltastream.journal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.pgdeltastream.change.HeapShare;

/**
 * The newest Relation and Type messages, which PostgreSQL sends once: what follows cannot be
 * decoded without them. Under the journal's monitor.
 *
 * <p>Source: PostgreSQL's manual, "Logical Replication Message Formats".
 */
final class Descriptions {
  private static final VarHandle INT32 =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final int SHORTEST = Byte.BYTES + Integer.BYTES;

  private final HeapShare heap;
  private final Map<Integer, byte[]> types = new HashMap<>();
  private final Map<Integer, byte[]> relations = new HashMap<>();
  private long bytes;

  Descriptions(HeapShare heap) {
    this.heap = heap;
  }

  static boolean isDescription(byte type) {
    return type == 'R' || type == 'Y';
  }

  /** Keeps the message if it is a description. */
  void note(byte[] message, int start, int end, long walPosition) {
    if (end - start < SHORTEST || !isDescription(message[start])) {
      return;
    }
    Map<Integer, byte[]> known = message[start] == 'Y' ? types : relations;
    int id = (int) INT32.get(message, start + Byte.BYTES);
    byte[] description = RecordBuffer.record(message, start, end, walPosition);
    byte[] before = known.put(id, description);
    bytes += description.length - (before == null ? 0 : before.length);
    heap.holdAnyway(bytes); // they are in memory already
  }

  /** As records. Types first: a relation gets the names that its types have at that moment. */
  List<byte[]> all() {
    return Stream.of(types, relations).flatMap(known -> known.values().stream()).toList();
  }

  /** What they take in a file. */
  long bytes() {
    return bytes;
  }

  void clear() {
    types.clear();
    relations.clear();
    bytes = 0;
    heap.holdAnyway(0);
  }
}
