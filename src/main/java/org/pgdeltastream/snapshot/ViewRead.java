package org.pgdeltastream.snapshot;

import static java.util.stream.Collectors.toUnmodifiableSet;

import java.io.IOException;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.RowListener;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.filter.RowFilter;
import org.pgdeltastream.snapshot.table.CatalogReader;
import org.pgdeltastream.snapshot.table.SnapshotTable;
import org.pgdeltastream.snapshot.table.TableReference;

/**
 * Reads some tables of some publications as they are at one moment, under a snapshot of its own: in
 * one transaction that only reads. It makes no slot and waits for no open transaction, but where
 * one has locked a table against readers. For one thread.
 */
public final class ViewRead implements AutoCloseable {
  // First the snapshot, then the position: what is seen was committed before it.
  private static final String STATE =
      """
      select %s::text as snapshot,
             case when not pg_catalog.pg_is_in_recovery()
               then pg_catalog.pg_current_wal_insert_lsn()::text end as wal_end,
             pg_catalog.current_setting('synchronous_standby_names') <> '' as synchronous,
             array(select transaction::text from pg_catalog.pg_prepared_xacts) as prepared
      """;
  private static final int LONG_SNAPSHOTS = 13; // the first version with pg_current_snapshot

  // As changes bear them. A partition whose changes bear another's name is in that one.
  private static final String TABLES =
      """
      with listed as (
        select c.oid, t.schemaname, t.tablename, %s as attnames
        from pg_catalog.pg_publication_tables t
        join pg_catalog.pg_namespace n on n.nspname = t.schemaname
        join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = t.tablename
        where t.pubname = any (?::name[]))
      select l.schemaname, l.tablename,
             array(select distinct pg_catalog.unnest(o.attnames)::text
                   from listed o where o.oid = l.oid) as sent
      from listed l
      where not exists (
        with recursive line(oid) as (
          select i.inhparent from pg_catalog.pg_inherits i
          join pg_catalog.pg_class c on c.oid = i.inhrelid and c.relispartition
          where i.inhrelid = l.oid
          union select i.inhparent from pg_catalog.pg_inherits i join line on line.oid = i.inhrelid)
        select from line join listed r on r.oid = line.oid)
      group by l.oid, l.schemaname, l.tablename
      order by l.schemaname, l.tablename
      """;
  private static final int COLUMN_LISTS = 15; // the first version that says which are sent

  private final SnapshotTransaction transaction;
  private final Connection connection;
  private final HeapBudget heap;

  /**
   * What the snapshot sees.
   *
   * @param walEnd what it sees ended before this; empty on a standby, which does not say what it
   *     does not see
   * @param isSynchronous whether commits may wait for standbys, on disk and not yet seen
   * @param prepared transactions that wait for COMMIT PREPARED, by 32 bits
   */
  public record State(
      Visibility visible, Optional<Lsn> walEnd, boolean isSynchronous, Set<Long> prepared) {
    public State {
      prepared = Set.copyOf(prepared);
    }
  }

  /**
   * A table of the publications.
   *
   * @param sent the columns that they send; empty: all that are not generated
   */
  public record Table(TableName name, Set<String> sent) {
    public Table {
      sent = Set.copyOf(sent);
    }
  }

  private ViewRead(SnapshotTransaction transaction, HeapBudget heap) {
    this.transaction = transaction;
    this.connection = transaction.connection();
    this.heap = heap;
  }

  /** Begins; each statement may take so long. */
  static ViewRead begin(Connections database, Duration limit, HeapBudget heap) throws SQLException {
    return new ViewRead(SnapshotTransaction.begin(database, limit), heap);
  }

  public State state() throws SQLException {
    boolean isLong = connection.getMetaData().getDatabaseMajorVersion() >= LONG_SNAPSHOTS;
    String snapshot =
        isLong ? "pg_catalog.pg_current_snapshot()" : "pg_catalog.txid_current_snapshot()";
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(STATE.formatted(snapshot))) {
      row.next();
      return new State(
          Visibility.parse(row.getString("snapshot")),
          Optional.ofNullable(row.getString("wal_end")).map(Lsn::parse),
          row.getBoolean("synchronous"),
          texts(row.getArray("prepared")).map(Long::valueOf).collect(toUnmodifiableSet()));
    }
  }

  private static Stream<String> texts(Array array) throws SQLException {
    return Stream.of((String[]) array.getArray());
  }

  /** The tables whose changes these publications send, by name. */
  public List<Table> tables(List<String> publications) throws SQLException {
    boolean lists = connection.getMetaData().getDatabaseMajorVersion() >= COLUMN_LISTS;
    String sql = TABLES.formatted(lists ? "t.attnames" : "null::name[]");
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, connection.createArrayOf("text", publications.toArray()));
      List<Table> tables = new ArrayList<>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          tables.add(
              new Table(
                  new TableName(rows.getString("schemaname"), rows.getString("tablename")),
                  texts(rows.getArray("sent")).collect(toUnmodifiableSet())));
        }
      }
      return tables;
    }
  }

  /**
   * Reads a table's rows and columns that the publications send.
   *
   * @param wanted which of the columns, by name
   * @param where which of the rows; empty: all
   * @param rows takes the rows of the table with this number
   * @throws org.pgdeltastream.change.ProblemException if it cannot be read, or was rewritten since
   */
  public void read(
      Table table,
      List<String> publications,
      Predicate<String> wanted,
      Optional<RowFilter> where,
      LongFunction<RowListener> rows)
      throws SQLException, IOException {
    TableReference reference =
        TableReference.of(table.name().table(), Optional.of(table.name().schema()));
    try {
      SnapshotTable whole = new CatalogReader(connection, publications).table(reference);
      SnapshotTable found = where.map(whole::where).orElse(whole);
      List<SnapshotTable.Attribute> columns =
          found.attributes().stream()
              .filter(one -> !one.generated() || table.sent().contains(one.name()))
              .filter(one -> wanted.test(one.name()))
              .toList();
      new TableRead(connection, reference, found, columns, TableRequest.Part.WHOLE, heap)
          .rows(rows.apply(found.oid()));
    } catch (SQLException e) {
      throw SnapshotFailure.translated(e, reference);
    }
  }

  @Override
  public void close() throws SQLException {
    transaction.close();
  }
}
