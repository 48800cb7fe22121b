package org.pgdeltastream.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads what {@link ModelWriter} wrote, and checks that it could be decoded. */
final class ModelReader {
  private final Map<Integer, Integer> relations = new HashMap<>();
  private final Map<Integer, Integer> types = new HashMap<>();
  private int last = -1;

  void read(ByteBuffer message) {
    byte kind = message.get();
    int id = message.getInt();
    int version = message.getInt();
    switch (kind) {
      case 'R' -> relations.put(id, version);
      case 'Y' -> types.put(id, version);
      default -> {
        assertThat(known(relations, id)).isEqualTo(version);
        assertThat(known(types, id)).isEqualTo(version);
        checkOrder(message.getInt());
        checkFilling(message);
      }
    }
  }

  private static @Nullable Integer known(Map<Integer, Integer> versions, int id) {
    return versions.get(id);
  }

  /** Of changes that were not rolled back. */
  private void checkOrder(int number) {
    if (last >= 0) {
      assertThat(number).isEqualTo(last + 1);
    }
    last = number;
  }

  private void checkFilling(ByteBuffer message) {
    while (message.hasRemaining()) {
      if (message.get() != (byte) last) {
        throw new AssertionError("Wrong bytes in change " + last);
      }
    }
  }
}
