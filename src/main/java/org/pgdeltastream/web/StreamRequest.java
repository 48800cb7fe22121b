package org.pgdeltastream.web;

import org.pgdeltastream.change.SlotName;

/** What a client asks for when it opens a stream. */
record StreamRequest(SlotName slotName) {
  /** Reads the query string; throws ProblemException (BAD_REQUEST) where it is malformed. */
  static StreamRequest parse(String queryString) {
    Query query = Query.parse(queryString, "slotName");
    return new StreamRequest(
        query
            .text("slotName")
            .map(Input::slotName)
            .orElseThrow(() -> Input.bad("no slotName provided")));
  }
}
