package org.pgdeltastream.journal.shared;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.pgdeltastream.change.Lsn;

/**
 * What stands before a record's body.
 *
 * @param part the number of this part of a transaction, from 0
 * @param prev everything that ends up to here stands in earlier records
 * @param end where its last transaction ends; of {@link RecordKind#FIRST} and {@link
 *     RecordKind#MIDDLE} where the commit record of the open one begins
 * @param term of the leader that wrote it; random
 * @param incarnation of the log; random; another one where it goes on without what lies before
 * @param timeline of PostgreSQL
 */
public record RecordHeader(
    RecordKind kind, int part, Lsn prev, Lsn end, long term, long incarnation, int timeline) {
  /** Bytes of a header. */
  public static final int LENGTH = 2 + 2 * Integer.BYTES + 4 * Long.BYTES;

  private static final byte VERSION = 1;

  /** As it is written: big-endian, the version first. */
  public byte[] bytes() {
    return ByteBuffer.allocate(LENGTH)
        .put(VERSION)
        .put(kind.code())
        .putInt(part)
        .putLong(prev.value())
        .putLong(end.value())
        .putLong(term)
        .putLong(incarnation)
        .putInt(timeline)
        .array();
  }

  /** Reads one; empty if it is of a later version, or nothing of ours. */
  public static Optional<RecordHeader> of(byte[] bytes) {
    if (bytes.length != LENGTH || bytes[0] != VERSION) {
      return Optional.empty();
    }
    return RecordKind.of(bytes[1]).map(kind -> of(kind, bytes));
  }

  private static RecordHeader of(RecordKind kind, byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes, 2, LENGTH - 2);
    return new RecordHeader(
        kind,
        in.getInt(),
        new Lsn(in.getLong()),
        new Lsn(in.getLong()),
        in.getLong(),
        in.getLong(),
        in.getInt());
  }
}
