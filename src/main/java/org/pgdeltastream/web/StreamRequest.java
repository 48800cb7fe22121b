package org.pgdeltastream.web;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.ChangeOptions;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.slot.StreamOptions;

/** The query string of a stream. */
final class StreamRequest {
  private StreamRequest() {}

  /**
   * Reads the query string as it was sent; null means that there was none.
   *
   * @throws org.pgdeltastream.change.ProblemException BAD_REQUEST, naming what is wrong
   */
  static StreamOptions parse(@Nullable String queryString) {
    List<String> known = new ArrayList<>(ChangeOptions.names());
    known.addAll(List.of("slotName", "publication"));
    Query query = Query.parse(queryString, known.toArray(new String[0]));
    SlotName slotName =
        query
            .text("slotName")
            .map(Input::slotName)
            .orElseThrow(() -> Input.bad("no slotName provided"));
    return new StreamOptions(slotName, query.list("publication"), changes(query));
  }

  private static ChangeOptions changes(Query query) {
    try {
      return ChangeOptions.parse(query::text);
    } catch (IllegalArgumentException e) {
      throw Input.bad(String.valueOf(e.getMessage()), e);
    }
  }
}
