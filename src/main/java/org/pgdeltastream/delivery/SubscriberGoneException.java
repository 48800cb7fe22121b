package org.pgdeltastream.delivery;

import java.io.IOException;

/** A send failed: the client is gone. */
public final class SubscriberGoneException extends IOException {
  private static final long serialVersionUID = 1L;

  SubscriberGoneException(Exception cause) {
    super("The client is gone", cause);
  }
}
