package org.pgdeltastream.web;

import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.slot.StreamOptions;

/** Placeholder until the query parser is merged. */
final class StreamRequest {
  private StreamRequest() {}

  static StreamOptions parse(String queryString) {
    return new StreamOptions(
        new SlotName(queryString.replaceFirst(".*slotName=([^&]*).*", "$1")), java.util.List.of());
  }
}
