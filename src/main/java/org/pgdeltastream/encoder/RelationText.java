package org.pgdeltastream.encoder;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;

/** What is the same in every change of a relation, ready to be copied. */
final class RelationText {
  private static final Pattern ALREADY_QUOTED = Pattern.compile("\"[^\"\\\\\\p{Cntrl}]+\"");

  private final Relation relation;
  private final byte[] insert;
  private final byte[] update;
  private final byte[] delete;
  private final byte[] truncate;
  private final ColumnList newRow;
  private final ColumnList oldKey;
  private final ColumnList oldRow;

  RelationText(Relation relation, List<ColumnDetails> details) throws IOException {
    this.relation = relation;
    this.insert = opening("insert", ',');
    this.update = opening("update", ',');
    this.delete = opening("delete", ',');
    this.truncate = opening("truncate", '}');
    List<ColumnText> columns = columns(relation.columns(), details);
    List<ColumnText> keys =
        columns.stream().filter(column -> relation.columns().get(column.index()).key()).toList();
    this.newRow = new ColumnList(ColumnList.Role.COLUMN, columns);
    this.oldKey = new ColumnList(ColumnList.Role.KEY, keys);
    this.oldRow = new ColumnList(ColumnList.Role.KEY, columns);
  }

  /** A relation is described anew, with the same number, when it may have changed. */
  @SuppressWarnings("ReferenceEquality") // the same description, not an equal one
  boolean describes(Relation other) {
    return relation == other;
  }

  byte[] insert() {
    return insert;
  }

  byte[] update() {
    return update;
  }

  byte[] delete() {
    return delete;
  }

  /** The whole change. */
  byte[] truncate() {
    return truncate;
  }

  ColumnList newRow() {
    return newRow;
  }

  ColumnList oldKeys(OldTupleKind oldKind) {
    return switch (oldKind) {
      case NONE, KEY -> oldKey;
      case FULL -> oldRow;
    };
  }

  private byte[] opening(String kind, char end) throws IOException {
    JsonBuffer text = new JsonBuffer(full -> {});
    text.append(Ascii.bytes("{\"kind\":"));
    text.appendQuoted(kind);
    text.append(Ascii.bytes(",\"schema\":"));
    text.appendQuoted(relation.name().schema());
    text.append(Ascii.bytes(",\"table\":"));
    text.appendQuoted(relation.name().table());
    text.append(end);
    return text.copy();
  }

  private static List<ColumnText> columns(List<Column> columns, List<ColumnDetails> details)
      throws IOException {
    if (details.size() != columns.size()) {
      throw new IllegalArgumentException(
          details.size() + " column details for " + columns.size() + " columns");
    }
    List<ColumnText> texts = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      Column column = columns.get(i);
      ValueFormat format = ValueFormat.of(column.typeOid());
      texts.add(new ColumnText(i, quoted(column.name()), typeName(details.get(i).type()), format));
    }
    return texts;
  }

  /** A name in quotes of its own is JSON already, as far as wal2json is concerned. */
  private static byte[] typeName(String type) throws IOException {
    return ALREADY_QUOTED.matcher(type).matches()
        ? type.getBytes(StandardCharsets.UTF_8)
        : quoted(type);
  }

  private static byte[] quoted(String name) throws IOException {
    JsonBuffer text = new JsonBuffer(full -> {});
    text.appendQuoted(name);
    return text.copy();
  }
}
