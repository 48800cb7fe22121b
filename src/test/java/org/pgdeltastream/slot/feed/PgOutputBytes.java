package org.pgdeltastream.slot.feed;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.pgdeltastream.change.Lsn;

/** pgoutput's messages, by chance. Source: manual, "Logical Replication Message Formats". */
public final class PgOutputBytes {
  private final Random random;
  private long position = 1_000;

  /** A message, and where it stands in the WAL. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Message(byte[] bytes, long position) {}

  /** A transaction, or a message of its own. */
  public record Part(Lsn end, boolean isTransaction, List<Message> messages) {}

  private interface Fields {
    void write(DataOutputStream to) throws IOException;
  }

  public PgOutputBytes(Random random) {
    this.random = random;
  }

  Lsn position() {
    return new Lsn(position);
  }

  /** What PostgreSQL says first on each connection. */
  public static List<Message> relations() {
    return List.of(relation(1, "users"), relation(2, "orders"));
  }

  public Part next() {
    if (random.nextInt(12) == 0) {
      position += 10;
      Message message = message('M', to -> alone(to, position));
      return new Part(new Lsn(position), false, List.of(message));
    }
    int count = 1 + random.nextInt(random.nextInt(40) == 0 ? 400 : 6);
    long begun = position;
    long commit = random.nextInt(3) == 0 ? begun : begun + 10L * count + 10;
    List<Message> messages = new ArrayList<>();
    messages.add(message('B', to -> begin(to, commit)));
    for (int i = 0; i < count; i++) {
      position += commit == begun ? 0 : 10;
      messages.add(message('I', this::insert));
    }
    position = commit + 10;
    messages.add(message('C', to -> commit(to, commit)));
    return new Part(new Lsn(position), true, messages);
  }

  private void alone(DataOutputStream to, long lsn) throws IOException {
    byte[] content = text();
    to.writeByte(0);
    to.writeLong(lsn);
    string(to, "p");
    to.writeInt(content.length);
    to.write(content);
  }

  private void begin(DataOutputStream to, long commit) throws IOException {
    to.writeLong(commit);
    to.writeLong(position);
    to.writeInt(7);
  }

  private void commit(DataOutputStream to, long commit) throws IOException {
    to.writeByte(0);
    to.writeLong(commit);
    to.writeLong(position);
    to.writeLong(position);
  }

  private void insert(DataOutputStream to) throws IOException {
    to.writeInt(1 + random.nextInt(2));
    to.writeByte('N');
    to.writeShort(2);
    value(to, ("" + position).getBytes(StandardCharsets.UTF_8));
    value(to, text());
  }

  private static void value(DataOutputStream to, byte[] text) throws IOException {
    to.writeByte('t');
    to.writeInt(text.length);
    to.write(text);
  }

  private byte[] text() {
    int length = random.nextInt(150) == 0 ? random.nextInt(150_000) : random.nextInt(300);
    String word = random.nextBoolean() ? "ab\"c" : "é\n";
    return word.repeat(length / word.length()).getBytes(StandardCharsets.UTF_8);
  }

  private static Message relation(int id, String name) {
    return of(
        'R',
        0,
        to -> {
          to.writeInt(id);
          string(to, "public");
          string(to, name);
          to.writeByte('d');
          to.writeShort(2);
          column(to, 1, "id", 23);
          column(to, 0, "name", 25);
        });
  }

  private static void column(DataOutputStream to, int flags, String name, int type)
      throws IOException {
    to.writeByte(flags);
    string(to, name);
    to.writeInt(type);
    to.writeInt(-1);
  }

  private Message message(char kind, Fields fields) {
    return of(kind, position, fields);
  }

  private static Message of(char kind, long position, Fields fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      DataOutputStream to = new DataOutputStream(bytes);
      to.writeByte(kind);
      fields.write(to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Message(bytes.toByteArray(), position);
  }

  private static void string(DataOutputStream to, String text) throws IOException {
    to.write(text.getBytes(StandardCharsets.UTF_8));
    to.writeByte(0);
  }
}
