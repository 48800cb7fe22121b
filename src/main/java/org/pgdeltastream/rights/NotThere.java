package org.pgdeltastream.rights;

import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.change.TableName;

/** The same answer to what a feed does not have and to what the caller may not see. */
public final class NotThere {
  private static final String HINT = "Names are taken as PostgreSQL's catalog has them";

  private NotThere() {}

  public static ProblemException feed(String name) {
    return new ProblemException(
        Problem.FEED_NOT_FOUND,
        "No feed " + name,
        "Make it: PUT /v1/feeds/" + name + ", or set pgdelta.feeds");
  }

  public static ProblemException table(String feed, TableName table) {
    return new ProblemException(
        Problem.BAD_REQUEST, "Feed " + feed + " has no table " + Shown.of(table.toString()), HINT);
  }

  public static ProblemException column(String feed, TableName table, String column) {
    return new ProblemException(
        Problem.BAD_REQUEST,
        "Table %s of feed %s has no column %s"
            .formatted(Shown.of(table.toString()), feed, Shown.of(column)),
        HINT);
  }
}
