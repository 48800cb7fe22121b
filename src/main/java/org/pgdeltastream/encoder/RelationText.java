package org.pgdeltastream.encoder;

import java.io.IOException;
import java.util.List;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.Detail;

/** The text that is the same in every change of a relation in format 1, ready to be copied. */
final class RelationText {
  private static final byte[] NOTHING = {};

  private final byte[] insert;
  private final byte[] update;
  private final byte[] delete;
  private final byte[] truncate;
  private final byte[] primaryKey;
  private final ColumnList newRow;
  private final ColumnList oldKey;
  private final ColumnList oldRow;

  RelationText(Relation relation, List<ColumnText> columns, ChangeOptions options)
      throws IOException {
    this.insert = opening("insert", relation, options, ',');
    this.update = opening("update", relation, options, ',');
    this.delete = opening("delete", relation, options, ',');
    this.truncate = opening("truncate", relation, options, '}');
    List<ColumnText> keys = columns.stream().filter(ColumnText::key).toList();
    List<ColumnText> told = columns.stream().filter(ColumnText::told).toList();
    this.newRow = new ColumnList(ColumnList.Role.COLUMN, told, options);
    this.oldKey = new ColumnList(ColumnList.Role.KEY, keys, options);
    this.oldRow = new ColumnList(ColumnList.Role.KEY, columns, options);
    List<ColumnText> primary = columns.stream().filter(ColumnText::primaryKey).toList();
    boolean shown = options.has(Detail.PRIMARY_KEY) && !primary.isEmpty();
    this.primaryKey = shown ? primaryKey(primary, options) : NOTHING;
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

  /** {@code "pk":{…}} or nothing. */
  byte[] primaryKey() {
    return primaryKey;
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

  private static byte[] opening(String kind, Relation relation, ChangeOptions options, char end)
      throws IOException {
    JsonBuffer text = new JsonBuffer(full -> {});
    text.append(Ascii.bytes("{\"kind\":"));
    text.appendQuoted(kind);
    if (options.has(Detail.SCHEMAS)) {
      text.append(Ascii.bytes(",\"schema\":"));
      text.appendQuoted(relation.name().schema());
    }
    text.append(Ascii.bytes(",\"table\":"));
    text.appendQuoted(relation.name().table());
    text.append(end);
    return text.copy();
  }

  private static byte[] primaryKey(List<ColumnText> columns, ChangeOptions options)
      throws IOException {
    JsonBuffer text = new JsonBuffer(full -> {});
    text.append(Ascii.bytes("\"pk\":{\"pknames\":"));
    ColumnList.appendAll(text, columns, ColumnText::name);
    text.append(Ascii.bytes(",\"pktypes\":"));
    ColumnList.appendAll(text, options.has(Detail.TYPES) ? columns : List.of(), ColumnText::type);
    text.append('}');
    return text.copy();
  }
}
