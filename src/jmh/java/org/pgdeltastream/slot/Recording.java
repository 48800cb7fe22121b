package org.pgdeltastream.slot;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Relation;

/**
 * What pgoutput sends for a transaction of inserts, behind the header of WAL data. Source: manual,
 * "Logical Replication Message Formats".
 */
public final class Recording implements Catalog {
  public static final int HEADER = 25;

  private static final int INT8 = 20;
  private static final int INT4 = 23;
  private static final int TEXT = 25;
  private static final int BOOL = 16;
  private static final int NUMERIC = 1700;
  private static final int JSONB = 3802;
  private static final int BYTEA = 17;
  private static final long COMMIT = 0x1000;

  private final List<Integer> types;
  private final List<String> values;

  private Recording(List<Integer> types, List<String> values) {
    this.types = types;
    this.values = values;
  }

  /** The rows of StreamBenchmark's W1 and W2, or rows like those of its W4. */
  public static Recording of(boolean wide) {
    Recording narrow =
        new Recording(
            List.of(INT8, INT4, INT4, TEXT),
            List.of("123456", "456", "17636", "a text of some letters"));
    return wide
        ? new Recording(
            List.of(INT8, INT4, NUMERIC, BOOL, TEXT, TEXT, TEXT, JSONB, BYTEA, NUMERIC),
            List.of(
                "123456",
                "456",
                "17636.5714285714285714",
                "t",
                "line \n and \"quote\" and \\ " + "abc ".repeat(40),
                "é ☃ 日本語 😀" + "é".repeat(60),
                "v".repeat(70),
                "{\"k\": 123456, \"list\": [1, 2, 3], \"text\": \"" + "j".repeat(60) + "\"}",
                "\\x" + "0f".repeat(32),
                "11223.2727272727272727"))
        : narrow;
  }

  /** Begin, the relation, so many inserts, Commit. */
  public List<byte[]> transaction(int inserts) throws IOException {
    List<byte[]> messages = new ArrayList<>();
    messages.add(
        message(
            out -> {
              out.writeByte('B');
              out.writeLong(COMMIT);
              out.writeLong(0);
              out.writeInt(4711);
            }));
    messages.add(message(this::relation));
    messages.addAll(Collections.nCopies(inserts, message(this::insert)));
    messages.add(
        message(
            out -> {
              out.writeByte('C');
              out.writeByte(0);
              out.writeLong(COMMIT);
              out.writeLong(COMMIT + 0x30);
              out.writeLong(0);
            }));
    return messages;
  }

  private interface Body {
    void write(DataOutputStream out) throws IOException;
  }

  private static byte[] message(Body body) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.write(new byte[HEADER]);
    body.write(out);
    return bytes.toByteArray();
  }

  private void relation(DataOutputStream out) throws IOException {
    out.writeByte('R');
    out.writeInt(16384);
    string(out, "public");
    string(out, "w");
    out.writeByte('d');
    out.writeShort(types.size());
    for (int i = 0; i < types.size(); i++) {
      out.writeByte(i == 0 ? 1 : 0);
      string(out, i == 0 ? "id" : "column" + i);
      out.writeInt(types.get(i));
      out.writeInt(-1);
    }
  }

  private void insert(DataOutputStream out) throws IOException {
    out.writeByte('I');
    out.writeInt(16384);
    out.writeByte('N');
    out.writeShort(values.size());
    for (String value : values) {
      byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
      out.writeByte('t');
      out.writeInt(bytes.length);
      out.write(bytes);
    }
  }

  private static void string(DataOutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.writeByte(0);
  }

  @Override
  public List<ColumnDetails> details(Relation relation, Lsn commit) {
    ColumnDetails[] details = new ColumnDetails[types.size()];
    Arrays.setAll(
        details,
        i ->
            new ColumnDetails(
                "type", "type", Optional.empty(), i + 1, i == 0, i == 0, Optional.empty()));
    return List.of(details);
  }

  @Override
  public int originNumber(String originName) {
    return 0;
  }
}
