package org.pgdeltastream.snapshot;

import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.RowListener;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.snapshot.table.CatalogReader;
import org.pgdeltastream.snapshot.table.KnownTables;
import org.pgdeltastream.snapshot.table.RewriteCheck;
import org.pgdeltastream.snapshot.table.SnapshotTable;
import org.pgdeltastream.snapshot.table.SnapshotTable.Attribute;
import org.pgdeltastream.snapshot.table.TableReference;

/** The reading of a table from end to end, inside its transaction, on its thread. */
final class TableRead {
  // The length of the longest table that the rows may lie in; functions answer as of now.
  private static final String BLOCKS =
      """
      with recursive family(oid) as (
        select ?::oid
        union select i.inhrelid from pg_catalog.pg_inherits i join family f on i.inhparent = f.oid
              join pg_catalog.pg_class c on c.oid = i.inhrelid and c.relispartition)
      select coalesce(max(pg_catalog.pg_relation_size(oid)), 0)
             / pg_catalog.current_setting('block_size')::bigint from family
      """;

  /** A row filter may leave out many rows, one after the other. */
  private static final int FILTERED_MILLIS = 300_000;

  private final Connection connection;
  private final TableReference reference;
  private final TableRequest.Part part;
  private final SnapshotTable table;
  private final List<Attribute> columns;
  private final HeapBudget heap;

  TableRead(
      Connection connection,
      TableReference reference,
      SnapshotTable table,
      List<Attribute> columns,
      TableRequest.Part part,
      HeapBudget heap)
      throws SQLException {
    this.connection = connection;
    this.reference = reference;
    this.table = table;
    this.columns = columns;
    this.part = part;
    this.heap = heap;
    if (table.rows().isPresent()) {
      connection.setNetworkTimeout(Runnable::run, FILTERED_MILLIS);
    }
  }

  /** Of a table that is known from now on. */
  static TableRead of(
      Connection connection,
      KnownTables tables,
      TableReference reference,
      TableRequest request,
      HeapBudget heap)
      throws SQLException {
    SnapshotTable whole = new CatalogReader(connection, tables.publications()).table(reference);
    tables.add(reference, whole);
    SnapshotTable table = SelectedRows.of(connection, reference, whole, request.rows());
    List<Attribute> columns = table.selected(request.columns());
    return new TableRead(connection, reference, table, columns, request.part(), heap);
  }

  void rows(RowListener rows) throws SQLException, IOException {
    CopyTextParser parser = new CopyTextParser(columns.size());
    rows.columns(columns.stream().map(Attribute::column).toList());
    for (String stripe : stripes()) {
      try (TableCopy copy = new TableCopy(connection, sql(stripe, ""), heap)) {
        for (byte[] row = copy.next(); row != null; row = copy.next()) {
          rows.row(parser.parse(row));
        }
      }
    }
    checkRewrite();
    rows.end();
  }

  /** As PostgreSQL itself writes CSV, its header line first. */
  void csv(OutputStream out) throws SQLException, IOException {
    String options = " (format csv, header)";
    for (String stripe : stripes()) {
      try (TableCopy copy = new TableCopy(connection, sql(stripe, options), heap)) {
        for (byte[] row = copy.next(); row != null; row = copy.next()) {
          out.write(row);
        }
      }
      options = " (format csv)";
    }
    checkRewrite();
  }

  private List<String> stripes() throws SQLException {
    if (part.equals(TableRequest.Part.WHOLE)) {
      return Stripes.of(part, 0, 0);
    }
    if (table.access() != SnapshotTable.Access.WHOLE) {
      throw new ProblemException(
          Problem.FORBIDDEN,
          "Parts of table " + reference + " need the right to read all its columns",
          "Grant SELECT on the table, or read it without part=");
    }
    return Stripes.of(part, blocks(), connection.getMetaData().getDatabaseMajorVersion());
  }

  private long blocks() throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(BLOCKS)) {
      statement.setLong(1, table.oid());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  private String sql(String condition, String options) {
    String names =
        columns.stream()
            .map(column -> TableName.quote(column.name()))
            .collect(Collectors.joining(", "));
    String where = where(condition);
    boolean direct = // COPY of a table is quicker; but it takes less
        where.isEmpty()
            && table.shape() == SnapshotTable.Shape.PLAIN
            && !columns.isEmpty()
            && columns.stream().noneMatch(Attribute::generated);
    return direct
        ? "copy %s (%s) to stdout%s".formatted(table.name().quoted(), names, options)
        : "copy (select %s from %s%s) to stdout%s".formatted(names, table.source(), where, options);
  }

  private String where(String stripe) {
    return table
        .rows()
        .map(rows -> (stripe.isEmpty() ? " where (" : stripe + " and (") + rows + ")")
        .orElse(stripe);
  }

  private void checkRewrite() throws SQLException {
    new RewriteCheck(connection).check(reference, table, columns);
  }
}
