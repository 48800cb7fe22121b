package org.pgdeltastream.doctor.check;

import java.util.List;
import java.util.function.Predicate;
import org.pgdeltastream.change.ReplicaIdentity;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.doctor.Check;
import org.pgdeltastream.doctor.Facts.Part;
import org.pgdeltastream.doctor.Facts.Table;
import org.pgdeltastream.doctor.Finding;
import org.pgdeltastream.doctor.Finding.Severity;
import org.pgdeltastream.doctor.Fix;
import org.pgdeltastream.doctor.Fix.Who;
import org.pgdeltastream.doctor.SqlText;

/** Tables of which something is not sent. Source: manual, "ALTER TABLE", REPLICA IDENTITY. */
final class TableChecks {
  private static final String LEFT_OUT =
      ": updates and deletes of it are left out of the stream, or PostgreSQL refuses them";

  private static final Check IDENTITY_MISSING =
      check(
          "identity_missing",
          Severity.WARNING,
          table -> isDefault(table) && table.key() == Table.Key.NONE,
          "The table has no primary key, so its rows have no identity" + LEFT_OUT,
          "Add a primary key, or log whole rows",
          " REPLICA IDENTITY FULL");

  private static final Check IDENTITY_NOTHING =
      check(
          "identity_nothing",
          Severity.WARNING,
          table -> table.isDecoded() && table.identity() == ReplicaIdentity.NOTHING,
          "The table's replica identity is NOTHING" + LEFT_OUT,
          "Let the primary key identify rows, or log whole rows (FULL)",
          " REPLICA IDENTITY DEFAULT");

  private static final Check IDENTITY_DEFERRABLE_KEY =
      check(
          "identity_deferrable_key",
          Severity.WARNING,
          table -> isDefault(table) && table.key() == Table.Key.DEFERRABLE,
          "The table's primary key is deferrable, which identifies no rows" + LEFT_OUT,
          "Make the key not deferrable, or log whole rows",
          " REPLICA IDENTITY FULL");

  private static final Check IDENTITY_INDEX_MISSING =
      check(
          "identity_index_missing",
          Severity.WARNING,
          table ->
              table.isDecoded()
                  && table.identity() == ReplicaIdentity.INDEX
                  && !table.usableIndex(),
          "The index that identifies the table's rows was dropped or is not valid" + LEFT_OUT,
          "Name another unique index, or log whole rows",
          " REPLICA IDENTITY FULL");

  private static final Check IDENTITY_FULL =
      check(
          "identity_full",
          Severity.INFO,
          table -> table.isDecoded() && table.identity() == ReplicaIdentity.FULL,
          "The table logs whole old rows: more WAL for each update and delete",
          "If clients do not need old values, let a primary key identify rows",
          " REPLICA IDENTITY DEFAULT");

  private static final Check TOAST =
      check(
          "toast",
          Severity.INFO,
          table ->
              table.isDecoded()
                  && table.identity() != ReplicaIdentity.FULL
                  && table.toastPages() > 0,
          "The table has large values: an update that does not change one leaves it out",
          "If clients need them in each update, log whole rows",
          " REPLICA IDENTITY FULL");

  private static final Check GENERATED =
      check(
          "generated",
          Severity.INFO,
          table -> table.isDecoded() && table.generated(),
          "The table has generated columns, which the stream leaves out",
          "Compute them in the client; PostgreSQL 18 publishes stored ones where a publication"
              + " says publish_generated_columns = stored",
          "");

  private static final Check UNLOGGED =
      check(
          "unlogged",
          Severity.INFO,
          table -> table.kind() == Table.Kind.UNLOGGED,
          "The table is unlogged: its changes are in no stream",
          "If they are wanted, log the table",
          " SET LOGGED");

  private static final Check PARTITION_NAMES =
      check(
          "partition_names",
          Severity.INFO,
          table -> table.kind() == Table.Kind.PARTITIONED,
          "The table is partitioned: changes come under the names of its partitions",
          "Filter by the partitions' names, or publish it with publish_via_partition_root",
          "");

  private TableChecks() {}

  static List<Check> all() {
    return List.of(
        IDENTITY_MISSING,
        IDENTITY_NOTHING,
        IDENTITY_DEFERRABLE_KEY,
        IDENTITY_INDEX_MISSING,
        IDENTITY_FULL,
        TOAST,
        GENERATED,
        UNLOGGED,
        PARTITION_NAMES);
  }

  private static boolean isDefault(Table table) {
    return table.isDecoded() && table.identity() == ReplicaIdentity.DEFAULT;
  }

  /**
   * Finds each such table.
   *
   * @param alter what follows ALTER TABLE; empty where that does not help
   */
  private static Check check(
      String id,
      Severity severity,
      Predicate<Table> found,
      String message,
      String what,
      String alter) {
    return Check.of(
        id,
        Part.TABLES,
        facts ->
            facts.tables().stream()
                .filter(found)
                .map(
                    table ->
                        new Finding(
                            id,
                            severity,
                            Shown.of(table.name().toString()),
                            message,
                            Fix.of(Who.OWNER, what, sql(table, alter))))
                .toList());
  }

  /** The default identifies rows by the primary key: it helps where there is one. */
  private static String[] sql(Table table, String alter) {
    if (alter.isEmpty()) {
      return new String[0];
    }
    String name = "ALTER TABLE " + SqlText.name(table.name());
    boolean needsKey = alter.endsWith("DEFAULT") && table.key() != Table.Key.USABLE;
    if (!needsKey) {
      return new String[] {name + alter};
    }
    return table.identity() == ReplicaIdentity.FULL
        ? new String[0]
        : new String[] {name + " REPLICA IDENTITY FULL"};
  }
}
