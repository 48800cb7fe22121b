package org.pgdeltastream.replication.wal;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.replication.connection.CopyData;

/**
 * The rows of a piece, as COPY sends them: position, the plugin's output. Counts them.
 *
 * <p>Source: manual, "COPY", binary format.
 */
final class CatchUpRows {
  private static final byte[] SIGNATURE =
      "PGCOPY\n\377\r\n\0".getBytes(StandardCharsets.ISO_8859_1);
  private static final int HEADER = SIGNATURE.length + 8; // flags, length of an extension
  private static final int END_OF_ROWS = 2;
  private static final int POSITION = 6; // in a row: number of fields, length, position,
  private static final int DATA = 18; // length, the plugin's output
  private static final VarHandle INT64 =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final WalListener listener;
  private boolean begun;
  private long count;
  private long bytes;

  CatchUpRows(WalListener listener) {
    this.listener = listener;
  }

  long count() {
    return count;
  }

  /** On average; 0 if there was none. */
  long bytesOfOne() {
    return count == 0 ? 0 : bytes / count;
  }

  void take(CopyData message) throws IOException {
    int start = message.start() + (begun ? 0 : header(message));
    begun = true;
    if (message.end() - start == END_OF_ROWS) {
      return;
    }
    message.need(start - message.start() + DATA);
    count++;
    bytes += message.end() - start;
    long position = (long) INT64.get(message.bytes(), start + POSITION);
    listener.onWalData(message.bytes(), start + DATA, message.end(), position);
  }

  /** The bytes before the first row, in the same message. */
  private static int header(CopyData message) {
    message.need(HEADER);
    int from = message.start();
    int to = from + SIGNATURE.length;
    if (!Arrays.equals(message.bytes(), from, to, SIGNATURE, 0, SIGNATURE.length)) {
      throw new MalformedMessageException("Not the binary format of COPY");
    }
    return HEADER;
  }
}
