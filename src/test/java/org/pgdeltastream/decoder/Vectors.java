package org.pgdeltastream.decoder;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/**
 * What PostgreSQL 15.18 with wal2json 2.5 wrote for {@code setup.sql} and {@code work.sql}, the
 * same log through both plugins.
 */
public final class Vectors {
  private static final String DIRECTORY = "/vectors/every-change/";

  private Vectors() {}

  /** The messages of pgoutput, protocol version 1, publication for all tables, with messages. */
  public static List<byte[]> pgOutput() {
    return lines("pgoutput.hex").stream().map(HexFormat.of()::parseHex).toList();
  }

  /** One message a line: include-lsn on, pretty-print off. */
  public static List<String> wal2Json() {
    return lines("wal2json.jsonl");
  }

  /** One chunk a line: the same with write-in-chunks on. */
  public static List<String> wal2JsonChunks() {
    return lines("wal2json-chunks.txt");
  }

  /** One message a line: format 2 of the same SQL, recorded another time, at other positions. */
  public static List<String> wal2JsonActions() {
    return lines("wal2json-actions.jsonl");
  }

  /** One line for each column: table's number, column's number, type name. */
  public static List<String> types() {
    return lines("types.txt");
  }

  /** What made the tables. */
  public static List<String> setUp() {
    return lines("setup.sql");
  }

  /** What was recorded. */
  public static List<String> work() {
    return lines("work.sql");
  }

  private static List<String> lines(String file) {
    try (InputStream in =
        Objects.requireNonNull(Vectors.class.getResourceAsStream(DIRECTORY + file), file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
