package org.pgdeltastream.encoder;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.ReplicaIdentity;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.Tuple;

/** Rows and relations for tests. */
public final class Tuples {
  public static final String NULL = "\0null";
  public static final String UNCHANGED = "\0unchanged";

  // (id int4, name text, price numeric), key: id
  static final Relation USERS =
      relation(
          16384,
          "users",
          new Column(true, "id", 23, -1),
          new Column(false, "name", 25, -1),
          new Column(false, "price", 1700, -1));

  private Tuples() {}

  static Relation relation(int id, String table, Column... columns) {
    return new Relation(
        id, new TableName("public", table), ReplicaIdentity.DEFAULT, List.of(columns));
  }

  /** The type names that belong to the numbers used here. */
  public static List<String> typeNames(Relation relation) {
    return relation.columns().stream()
        .map(
            column ->
                switch (column.typeOid()) {
                  case 23 -> "integer";
                  case 1700 -> "numeric";
                  default -> "text";
                })
        .toList();
  }

  /** A catalog that knows no more than these. */
  public static Catalog catalog(Function<Relation, List<String>> typeNames) {
    return new Catalog() {
      @Override
      public List<ColumnDetails> details(Relation relation, Lsn commit) {
        return typeNames.apply(relation).stream()
            .map(
                type ->
                    new ColumnDetails(
                        type, type, Optional.empty(), 1, false, false, Optional.empty()))
            .toList();
      }

      @Override
      public int originNumber(String originName) {
        return 7;
      }
    };
  }

  public static Tuple tuple(String... values) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write('?'); // values do not begin at 0
    for (String value : values) {
      bytes.writeBytes(value.getBytes(StandardCharsets.UTF_8));
    }
    Tuple tuple = new Tuple();
    tuple.reset(bytes.toByteArray());
    int start = 1;
    for (String value : values) {
      int length = value.getBytes(StandardCharsets.UTF_8).length;
      switch (value) {
        case NULL -> tuple.addNull();
        case UNCHANGED -> tuple.addUnchangedToast();
        default -> tuple.addText(start, length);
      }
      start += length;
    }
    return tuple;
  }
}
