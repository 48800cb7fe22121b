package org.pgdeltastream.slot.upstream;

import org.pgdeltastream.delivery.CloseReason;

/** A stream cannot be served; the reason becomes the client's close code. */
public final class Refusal extends Exception {
  private static final long serialVersionUID = 1L;

  private final CloseReason reason;
  private final String detail;

  public Refusal(CloseReason reason, String detail) {
    super(detail);
    this.reason = reason;
    this.detail = detail;
  }

  public Ending ending() {
    return Ending.of(reason, detail);
  }
}
