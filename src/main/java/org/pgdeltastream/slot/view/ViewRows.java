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
    ChangeOptions changes = maker.view().changes();
    if (!changes.has(Detail.TYPES)) {
      messages.columns(columns);
      return;
    }
    Relation relation = new Relation((int) oid, table, ReplicaIdentity.DEFAULT, columns);
    List<ColumnDetails> details =
        maker.feed().catalog().details(relation, maker.feed().journal().end());
    boolean baseValues = changes.format() == ChangeOptions.Format.TRANSACTIONS; // as in changes
    List<Column> written = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      Column one = columns.get(i);
      int type =
          baseValues && changes.isOfBase(details.get(i))
              ? details.get(i).base().orElseThrow().oid()
              : one.typeOid();
      written.add(new Column(one.key(), one.name(), type, one.typeModifier()));
    }
    messages.columns(written, details.stream().map(changes::type).toList());
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
