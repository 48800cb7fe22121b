package org.pgdeltastream.web.socket;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.pgdeltastream.delivery.CloseReason;

/**
 * The websocket's numbers for close reasons. 4000 to 4499: reconnecting can help; 4500 to 4999: it
 * cannot. Source: RFC 6455, section 7.4.
 */
public final class CloseCodes {
  private static final int MOST_REASON_BYTES = 123; // what fits into a control frame

  private CloseCodes() {}

  public static int code(CloseReason reason) {
    return switch (reason) {
      case PROTOCOL_ERROR -> 1002;
      case BINARY_MESSAGE -> 1003;
      case INVALID_TEXT -> 1007;
      case MESSAGE_TOO_BIG -> 1009;
      case INTERNAL -> 1011;
      case SERVICE_RESTART -> 1012;
      case UPSTREAM_LOST -> 4000;
      case UPSTREAM_RESTARTING -> 4001;
      case SLOT_BUSY -> 4002;
      case SLOW_SUBSCRIBER -> 4003;
      case LIMIT -> 4007;
      case OPERATOR -> 4008;
      case TOKEN_EXPIRED -> 4010;
      case RIGHTS_CHANGED -> 4011;
      case BLOCKED_BY_UNACKNOWLEDGED_COMMIT -> 4013;
      case SLOT_NOT_FOUND -> 4500;
      case SLOT_INVALIDATED -> 4501;
      case POSITION_LOST -> 4502;
      case DIVERGED -> 4503;
      case CANNOT_DECODE -> 4504;
      case BAD_ACK -> 4505;
      case WRONG_SLOT_KIND -> 4507;
      case SUPERSEDED -> 4509;
      case FORBIDDEN -> 4510;
      case IDENTITY_INSUFFICIENT -> 4511;
      case NO_SNAPSHOT -> 4512;
    };
  }

  /** The word that the contract has for it. */
  public static String name(CloseReason reason) {
    return reason == CloseReason.SLOW_SUBSCRIBER
        ? "slow_consumer"
        : reason.name().toLowerCase(Locale.ROOT);
  }

  /** {@code slot_busy: slot delta_a1 is …}, cut where a close frame ends. */
  public static String text(CloseReason reason, String detail) {
    String whole = name(reason) + ": " + detail;
    int end = whole.length();
    while (whole.substring(0, end).getBytes(StandardCharsets.UTF_8).length > MOST_REASON_BYTES) {
      end = whole.offsetByCodePoints(end, -1);
    }
    return whole.substring(0, end);
  }
}
