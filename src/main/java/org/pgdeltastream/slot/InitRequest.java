package org.pgdeltastream.slot;

import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;

/** What a client may choose about a new slot; an empty plugin means {@code auto}. */
public record InitRequest(
    Optional<OutputPlugin> plugin, List<String> publications, Optional<SlotName> slotName) {
  public InitRequest {
    publications = List.copyOf(publications);
  }
}
