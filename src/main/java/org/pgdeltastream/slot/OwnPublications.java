package org.pgdeltastream.slot;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.replication.Publications;

/**
 * Keeps our own publications in step with the tables, and says in the state of the slots that use
 * them, and in the log, what is left out.
 */
final class OwnPublications {
  private static final System.Logger LOG = System.getLogger(OwnPublications.class.getName());

  private final Publications publications;
  private final Catalog catalog;
  private final Slots slots;

  OwnPublications(Publications publications, Catalog catalog, Slots slots) {
    this.publications = publications;
    this.catalog = catalog;
    this.slots = slots;
  }

  /** Makes them or takes in new tables; answers what is left out. */
  List<String> refresh() throws SQLException {
    Publications.Refreshed refreshed = publications.refresh();
    List<String> warnings = new ArrayList<>(refreshed.leftOut());
    if (!refreshed.added().isEmpty()) {
      LOG.log(INFO, "Updates and deletes are now published of " + refreshed.added());
    }
    return warnings;
  }

  /** Takes in tables that came since; what may be missing of them is told. */
  void takeInNewTables() {
    List<Slot> users = slots.all().stream().filter(Slot::ownPublications).toList();
    if (users.isEmpty()) {
      return;
    }
    try {
      Publications.Refreshed refreshed = publications.refresh();
      for (String table : refreshed.added()) {
        tell(
            users,
            "Updates and deletes of %s before %s may be missing: until then it was not published"
                .formatted(table, refreshed.position()));
      }
      refreshed.leftOut().forEach(warning -> tell(users, warning));
    } catch (SQLException e) {
      LOG.log(WARNING, "Our publications cannot be kept in step: " + e.getMessage());
    }
  }

  /** The catalog, for a stream of ours: a table not met before may be a new one. */
  Catalog watching() {
    return new Catalog() {
      @Override
      public List<ColumnDetails> details(Relation relation) {
        takeInNewTables();
        return catalog.details(relation);
      }

      @Override
      public int originNumber(String originName) {
        return catalog.originNumber(originName);
      }
    };
  }

  /** Whether the slot was made with our publications, here or by another server; if so it knows. */
  boolean isUser(Slot slot) throws SQLException {
    if (!publications.isRemembered(slot.name())) {
      return false;
    }
    slot.publications(Publications.OWN, true);
    return true;
  }

  private static void tell(List<Slot> users, String warning) {
    boolean isNew = false;
    for (Slot user : users) {
      isNew |= !user.warnings().contains(warning);
      user.warn(warning);
    }
    if (isNew) {
      LOG.log(WARNING, warning);
    }
  }
}
