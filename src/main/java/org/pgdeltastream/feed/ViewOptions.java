package org.pgdeltastream.feed;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.pgdeltastream.change.option.ChangeOptions;

/** What a subscriber is shown of a feed. Equal ones share everything. */
public record ViewOptions(ChangeOptions changes) {

  /** 32 bits of a hash of which changes are shown; how they are written does not count. */
  public int hash() {
    TreeMap<String, List<String>> columns = new TreeMap<>();
    changes.columns().forEach((table, names) -> columns.put(table.quoted(), names));
    String canonical =
        Stream.of(
                new TreeSet<>(changes.actions()),
                sorted(changes.addTables()),
                sorted(changes.filterTables()),
                sorted(changes.addPrefixes()),
                sorted(changes.filterPrefixes()),
                columns)
            .map(Object::toString)
            .reduce("", (one, other) -> one + other + "\n");
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(canonical.getBytes(StandardCharsets.UTF_8));
      return first32(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  /** The first four bytes as a number. */
  public static int first32(byte[] hash) {
    return (hash[0] & 0xFF) << 24
        | (hash[1] & 0xFF) << 16
        | (hash[2] & 0xFF) << 8
        | (hash[3] & 0xFF);
  }

  private static List<String> sorted(List<?> items) {
    return items.stream().map(Object::toString).sorted().distinct().toList();
  }
}
