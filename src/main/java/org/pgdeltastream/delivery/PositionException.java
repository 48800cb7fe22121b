package org.pgdeltastream.delivery;

import java.io.IOException;
import org.pgdeltastream.change.Lsn;

/** The position that a client gave is no end of a transaction, but lies inside a commit. */
public final class PositionException extends IOException {
  private static final long serialVersionUID = 1L;

  PositionException(Lsn from) {
    super("from " + from + " is not a nextlsn of this slot");
  }
}
