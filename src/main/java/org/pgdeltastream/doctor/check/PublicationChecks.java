package org.pgdeltastream.doctor.check;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.doctor.Check;
import org.pgdeltastream.doctor.Facts;
import org.pgdeltastream.doctor.Facts.Part;
import org.pgdeltastream.doctor.Facts.Publication;
import org.pgdeltastream.doctor.Finding;
import org.pgdeltastream.doctor.Finding.Severity;
import org.pgdeltastream.doctor.Fix;
import org.pgdeltastream.doctor.Fix.Who;
import org.pgdeltastream.doctor.SqlText;

/** The publications that {@code pgdelta.publications} names. */
final class PublicationChecks {
  private PublicationChecks() {}

  static List<Check> all() {
    return List.of(
        Check.of("publication_missing", Part.PUBLICATIONS, PublicationChecks::missing),
        Check.of("publication_operations", Part.PUBLICATIONS, PublicationChecks::operations),
        Check.of("publication_columns", Part.PUBLICATIONS, PublicationChecks::columns).since(15));
  }

  private static List<Finding> missing(Facts facts) {
    Set<String> there =
        facts.publications().stream().map(Publication::name).collect(Collectors.toSet());
    return facts.wants().publications().stream()
        .filter(name -> !there.contains(name))
        .map(
            name ->
                new Finding(
                    "publication_missing",
                    Severity.ERROR,
                    "publication " + Shown.of(name),
                    "pgdelta.publications names a publication that the database does not have",
                    Fix.of(
                        Who.SUPERUSER,
                        "Make it, of all tables or of some",
                        "CREATE PUBLICATION " + SqlText.name(name) + " FOR ALL TABLES")))
        .toList();
  }

  /** Together they may publish all. */
  private static List<Finding> operations(Facts facts) {
    Set<Action> lacking = EnumSet.allOf(Action.class);
    facts.publications().forEach(publication -> lacking.removeAll(publication.actions()));
    if (facts.publications().isEmpty() || lacking.isEmpty()) {
      return Found.nothing();
    }
    Publication first = facts.publications().get(0);
    String actions =
        lacking.stream()
            .map(action -> action.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", "));
    String all = "insert, update, delete" + (facts.server().major() < 11 ? "" : ", truncate");
    return Found.warning(
        "publication_operations",
        "publication " + Shown.of(first.name()),
        "No publication of pgdelta.publications publishes " + actions,
        Fix.of(
            Who.OWNER,
            "Publish all that clients shall see",
            "ALTER PUBLICATION "
                + SqlText.name(first.name())
                + " SET (publish = '%s')".formatted(all)));
  }

  private static List<Finding> columns(Facts facts) {
    return facts.differing().stream()
        .map(
            table ->
                new Finding(
                    "publication_columns",
                    Severity.ERROR,
                    Shown.of(table.toString()),
                    "Publications of pgdelta.publications list different columns of the table:"
                        + " PostgreSQL ends such a stream",
                    Fix.of(Who.OWNER, "List the same columns in all of them")))
        .toList();
  }
}
