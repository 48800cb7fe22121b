package org.pgdeltastream.slot.lease;

import java.io.IOException;
import java.io.OutputStream;
import org.pgdeltastream.change.SlotName;

/** Where the rows of a table go. */
@FunctionalInterface
public interface TableReceiver {
  /**
   * Called once, when the first bytes are there; a failure before that is only thrown. The caller
   * of the read closes the stream.
   */
  OutputStream begin(SlotName slot) throws IOException;
}
