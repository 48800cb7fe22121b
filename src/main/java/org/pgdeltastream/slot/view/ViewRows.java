package org.pgdeltastream.slot.view;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.ReplicaIdentity;
import org.pgdeltastream.change.RowListener;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.Detail;
import org.pgdeltastream.encoder.rows.RowMessages;

/** A table's rows on their way into the file: as the view's changes write them, and in time. */
final class ViewRows implements RowListener {
  private static final int CHECK_EACH = 1024;

  private final RowMessages messages;
  private final TableName table;
  private final long oid;
  private final SpoolMaker maker;

  ViewRows(RowMessages messages, TableName table, long oid, SpoolMaker maker) {
    this.messages = messages;
    this.table = table;
    this.oid = oid;
    this.maker = maker;
  }

  @Override
  public void columns(List<Column> columns) throws IOException {
    messages.columns(areOfBaseTypes() ? ofBaseTypes(columns) : columns);
  }

  /** As changes in format 1 do it. */
  private boolean areOfBaseTypes() {
    ChangeOptions changes = maker.view().changes();
    return changes.has(Detail.DOMAIN_BASE_TYPES)
        && changes.has(Detail.TYPES)
        && changes.format() == ChangeOptions.Format.TRANSACTIONS;
  }

  private List<Column> ofBaseTypes(List<Column> columns) {
    Relation relation = new Relation((int) oid, table, ReplicaIdentity.DEFAULT, columns);
    List<ColumnDetails> details =
        maker.feed().catalog().details(relation, maker.feed().journal().end());
    List<Column> result = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      Column column = columns.get(i);
      int type = details.get(i).base().map(ColumnDetails.BaseType::oid).orElse(column.typeOid());
      result.add(new Column(column.key(), column.name(), type, column.typeModifier()));
    }
    return result;
  }

  @Override
  public void row(Tuple row) throws IOException {
    if (messages.rows() % CHECK_EACH == 0) {
      maker.check();
    }
    messages.row(row);
  }

  @Override
  public void end() throws IOException {
    messages.end();
  }
}
