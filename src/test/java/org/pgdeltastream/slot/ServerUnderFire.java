package org.pgdeltastream.slot;

import java.util.Optional;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.support.VerifyingClient;

/** A server that faults strike: in this process, or in one of its own. */
interface ServerUnderFire {
  /** A client's way to the server. */
  interface Link {
    void acknowledge(Lsn lsn);

    /** Goes away without a word. */
    void vanish();
  }

  SlotName init(OutputPlugin plugin) throws Exception;

  /** Throws where the server cannot be reached or refuses. */
  Link connect(
      VerifyingClient.Receiver receiver, SlotName slot, Optional<Lsn> from, boolean takeover)
      throws Exception;

  /** Ends without a last word to anybody. */
  void kill() throws Exception;

  /** Ends as told by its administrator. */
  void stop() throws Exception;
}
