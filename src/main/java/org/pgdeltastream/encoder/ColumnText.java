package org.pgdeltastream.encoder;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.ReplicaIdentity;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.Detail;

/**
 * A column as it is written: JSON for each of its parts, and the format of its values.
 *
 * @param index its position in a tuple
 * @param told a new row shows it; else it only tells which row it was
 * @param key part of the replica identity
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, never changed
record ColumnText(
    int index,
    boolean told,
    boolean key,
    boolean primaryKey,
    byte[] name,
    byte[] type,
    byte[] typeOid,
    byte[] position,
    byte[] optional,
    byte[] defaultValue,
    ValueFormat format) {
  private static final Pattern ALREADY_QUOTED = Pattern.compile("\"[^\"\\\\\\x00-\\x1F]+\"");

  static List<ColumnText> list(
      Relation relation, List<ColumnDetails> details, ChangeOptions options) throws IOException {
    List<Column> columns = relation.columns();
    if (details.size() != columns.size()) {
      throw new IllegalArgumentException(
          details.size() + " column details for " + columns.size() + " columns");
    }
    boolean identityIsPrimaryKey = relation.replicaIdentity() == ReplicaIdentity.DEFAULT;
    boolean identityIsAll = relation.replicaIdentity() == ReplicaIdentity.FULL;
    List<ColumnText> texts = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      Column column = columns.get(i);
      ColumnDetails detail = details.get(i);
      boolean told = options.wants(relation.name(), column.name());
      boolean primaryKey = identityIsPrimaryKey ? column.key() : detail.primaryKey();
      if (told || (identityIsAll ? primaryKey : column.key())) {
        texts.add(text(i, told, column, primaryKey, detail, options));
      }
    }
    return texts;
  }

  private static ColumnText text(
      int index,
      boolean told,
      Column column,
      boolean primaryKey,
      ColumnDetails details,
      ChangeOptions options)
      throws IOException {
    int oid = oid(column, details, options);
    ValueFormat format = ValueFormat.of(oid);
    boolean asText = format == ValueFormat.NUMBER && options.has(Detail.NUMBERS_AS_TEXT);
    return new ColumnText(
        index,
        told,
        column.key(),
        primaryKey,
        quoted(column.name()),
        typeName(options.type(details)),
        Ascii.bytes(Integer.toUnsignedString(oid)),
        Ascii.bytes(Integer.toString(details.position())),
        Ascii.bytes(details.notNull() ? "false" : "true"),
        details.defaultValue().isPresent()
            ? quoted(details.defaultValue().get())
            : ValueFormat.NULL,
        asText ? ValueFormat.TEXT : format);
  }

  /** Format 1 writes the value of such a domain like its base type's, format 2 does not. */
  private static int oid(Column column, ColumnDetails details, ChangeOptions options) {
    boolean baseValue =
        options.isOfBase(details)
            && options.has(Detail.TYPES)
            && options.format() == ChangeOptions.Format.TRANSACTIONS;
    return baseValue ? details.base().get().oid() : column.typeOid();
  }

  /** A name in quotes of its own is JSON already, as far as wal2json is concerned. */
  private static byte[] typeName(String type) throws IOException {
    return ALREADY_QUOTED.matcher(type).matches()
        ? type.getBytes(StandardCharsets.UTF_8)
        : quoted(type);
  }

  static byte[] quoted(String name) throws IOException {
    JsonBuffer text = new JsonBuffer(full -> {});
    text.appendQuoted(name);
    return text.copy();
  }
}
