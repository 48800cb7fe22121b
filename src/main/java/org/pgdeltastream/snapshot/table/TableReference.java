package org.pgdeltastream.snapshot.table;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.Shown;

/**
 * The table that a client means; no schema stands for the search path. Source: manual, "Identifiers
 * and Key Words".
 */
public record TableReference(Optional<String> schema, String table) {
  private static final int LONGEST_NAME = 63; // bytes: NAMEDATALEN - 1
  private static final int LONGEST_TEXT = 2 * (2 + 2 * LONGEST_NAME) + 1;
  private static final String PART =
      "(\"(?:[^\"]|\"\")*+\"|[A-Za-z_\\x{80}-\\x{10FFFF}][A-Za-z_0-9$\\x{80}-\\x{10FFFF}]*+)";
  private static final Pattern TEXT = Pattern.compile(PART + "(?:\\." + PART + ")?");

  /** With a schema both names are exact, otherwise the table is written as in SQL. */
  public static TableReference of(String table, Optional<String> schema) {
    TableReference reference =
        schema.isPresent() ? new TableReference(schema, table) : parse(table);
    reference.schema.ifPresent(TableReference::checkSchema);
    checkName(reference.table);
    return reference;
  }

  private static TableReference parse(String text) {
    if (text.length() > LONGEST_TEXT) {
      throw bad("Table name " + Shown.of(text) + " is too long");
    }
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches() || text.codePoints().anyMatch(Character::isISOControl)) {
      throw bad("Not a table name: " + Shown.of(text));
    }
    String first = identifier(parts.group(1));
    return Optional.ofNullable(parts.group(2))
        .map(second -> new TableReference(Optional.of(first), identifier(second)))
        .orElseGet(() -> new TableReference(Optional.empty(), first));
  }

  private static String identifier(String part) {
    if (part.startsWith("\"")) {
      return part.substring(1, part.length() - 1).replace("\"\"", "\"");
    }
    return folded(part);
  }

  /** As PostgreSQL folds what is not quoted: only ASCII letters, in every locale. */
  static String folded(String name) {
    StringBuilder folded = new StringBuilder(name);
    for (int i = 0; i < name.length(); i++) {
      char letter = name.charAt(i);
      if (letter >= 'A' && letter <= 'Z') {
        folded.setCharAt(i, (char) (letter + ('a' - 'A')));
      }
    }
    return folded.toString();
  }

  private static void checkSchema(String schema) {
    checkName(schema);
    if (schema.equals("information_schema") || schema.startsWith("pg_")) {
      throw systemCatalog(schema);
    }
  }

  /** Also asked for what the search path found. */
  static ProblemException systemCatalog(String schema) {
    return new ProblemException(
        Problem.BAD_REQUEST,
        "Schema " + Shown.of(schema) + " is a system catalog",
        "Only user tables can be read");
  }

  private static void checkName(String name) {
    if (name.isEmpty()) {
      throw bad("A name is empty");
    }
    if (name.indexOf('\0') >= 0 || !StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
      throw bad("Not a name: " + Shown.of(name));
    }
    if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
      throw bad("Name " + Shown.of(name) + " is longer than " + LONGEST_NAME + " bytes");
    }
  }

  private static ProblemException bad(String message) {
    return new ProblemException(
        Problem.BAD_REQUEST,
        message,
        "Write the table as in SQL: users, sales.users or \"Mixed Case\".\"a.b\"");
  }

  @Override
  public String toString() {
    return Shown.of(schema.map(name -> name + "." + table).orElse(table));
  }
}
