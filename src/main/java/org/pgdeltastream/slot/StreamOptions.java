package org.pgdeltastream.slot;

import java.util.List;
import org.pgdeltastream.change.ChangeOptions;
import org.pgdeltastream.change.SlotName;

/** What a client asks of a stream; empty publications mean those that the slot was made with. */
public record StreamOptions(SlotName slotName, List<String> publications, ChangeOptions changes) {
  public StreamOptions {
    publications = List.copyOf(publications);
  }

  /** A stream in the usual format. */
  public StreamOptions(SlotName slotName, List<String> publications) {
    this(slotName, publications, ChangeOptions.usual());
  }
}
