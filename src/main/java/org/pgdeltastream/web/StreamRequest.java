package org.pgdeltastream.web;

import org.jspecify.annotations.Nullable;
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
    Query query = Query.parse(queryString, "slotName", "publication", "format", "format-version");
    SlotName slotName =
        query
            .text("slotName")
            .map(Input::slotName)
            .orElseThrow(() -> Input.bad("no slotName provided"));
    refuseOtherFormats(query, "format");
    refuseOtherFormats(query, "format-version");
    return new StreamOptions(slotName, query.list("publication"));
  }

  private static void refuseOtherFormats(Query query, String name) {
    String format = query.text(name).orElse("1");
    if (!format.equals("1")) {
      throw Input.bad("Parameter " + name + " is " + Input.shown(format) + "; only 1 is served");
    }
  }
}
