package org.pgdeltastream.delivery;

/** Why a stream ends, as a domain term; only {@code web} knows the websocket's numbers. */
public enum CloseReason {
  SERVICE_RESTART,
  PROTOCOL_ERROR,
  BINARY_MESSAGE,
  INVALID_TEXT,
  MESSAGE_TOO_BIG,
  INTERNAL,
  UPSTREAM_LOST,
  UPSTREAM_RESTARTING,
  SLOT_BUSY,
  SLOW_SUBSCRIBER,
  LIMIT,
  OPERATOR,
  SLOT_NOT_FOUND,
  SLOT_INVALIDATED,
  POSITION_LOST,
  DIVERGED,
  CANNOT_DECODE,
  BAD_ACK,
  WRONG_SLOT_KIND,
  SUPERSEDED,
  IDENTITY_INSUFFICIENT
}
