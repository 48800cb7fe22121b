package org.pgdeltastream.launch.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.regex.Pattern;

/** Who may connect to the own PostgreSQL: its file {@code pg_hba.conf}. */
record ClientRules(Path file) {
  private static final Pattern TRUST = Pattern.compile(".*\\btrust\\b.*");

  /** Those that initdb writes by default. */
  private static final Pattern INITDB =
      Pattern.compile(
          "(local\\s+(all|replication)|host\\s+(all|replication))\\s+all"
              + "(\\s+127\\.0\\.0\\.1/32|\\s+::1/128)?\\s+trust");

  private static final String TRUST_NOBODY =
      """
      # TYPE  DATABASE  USER  ADDRESS  METHOD
      local   all          all            scram-sha-256
      host    all          all  samehost  scram-sha-256
      host    replication  all  samehost  scram-sha-256
      """;

  /**
   * Whether they are of an earlier release, which let every local user in. If there is a password
   * already, a rule with trust may be the owner's.
   */
  boolean letAllIn(boolean hasPassword) throws IOException {
    if (Files.notExists(file)) {
      return false; // PostgreSQL will say so
    }
    List<String> rules =
        Files.readAllLines(file).stream()
            .map(line -> line.replaceFirst("#.*", "").strip())
            .filter(line -> !line.isEmpty())
            .toList();
    return hasPassword
        ? !rules.isEmpty() && rules.stream().allMatch(rule -> INITDB.matcher(rule).matches())
        : rules.stream().anyMatch(rule -> TRUST.matcher(rule).matches());
  }

  /** Keeps the old ones beside the new ones, which ask for a password. */
  void replace() throws IOException {
    Path before = file.resolveSibling("pg_hba.conf.before");
    Path next = file.resolveSibling("pg_hba.conf.new");
    Files.copy(file, before, StandardCopyOption.REPLACE_EXISTING);
    Files.copy(file, next, StandardCopyOption.REPLACE_EXISTING); // for its permissions
    Files.writeString(
        next, TRUST_NOBODY, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.SYNC);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    System.err.println(
        "pgdeltastream: %s let users in without a password; it asks for one now, and the old one is %s"
            .formatted(file, before));
  }
}
