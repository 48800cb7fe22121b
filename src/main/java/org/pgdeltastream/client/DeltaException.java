package org.pgdeltastream.client;

import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The server refuses something, or its connection is lost. {@link #getMessage} is a sentence for
 * people.
 */
public class DeltaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The client breaks the protocol: coming again helps after it was fixed. */
  private static final Set<Integer> AFTER_FIXING = Set.of(1002, 1003, 1007, 1009);

  /** Of answers that are not this server's: time-outs and limits. Source: RFC 9110, RFC 6585. */
  private static final Set<Integer> MAY_PASS = Set.of(404, 408, 425, 429);

  private static final int NO_HELP = 4500; // to 4999
  private static final int UNAUTHORIZED = 401;

  private final Facts facts;

  /**
   * @param code the server's word, or "lost", "incomplete", "message_too_large", "token"
   * @param status of HTTP; 0 if there was no answer
   * @param close the websocket's close code; 0 if none came
   * @param retry whether the same may succeed later
   * @param hint what to do
   * @param retryAfter seconds that the server asks for; 0 if it does not
   */
  record Facts(
      String code, int status, int close, boolean retry, @Nullable String hint, long retryAfter)
      implements java.io.Serializable {}

  DeltaException(String message, Facts facts, @Nullable Throwable cause) {
    super(message, cause);
    this.facts = facts;
  }

  /** No answer, or a connection that ended without a word. */
  static DeltaException lost(String message, @Nullable Throwable cause) {
    return new DeltaException(message, new Facts("lost", 0, 0, true, null, 0), cause);
  }

  /** What only the caller can change. */
  static DeltaException ofCaller(String code, String message, @Nullable Throwable cause) {
    return new DeltaException(message, new Facts(code, 0, 0, false, null, 0), cause);
  }

  /** Rows whose end is missing. */
  static DeltaException incomplete(String message, @Nullable Throwable cause) {
    return new DeltaException(message, new Facts("incomplete", 0, 0, true, null, 0), cause);
  }

  /** A close frame, whose reason is {@code word: detail}. Source: src/docs/websocket.md. */
  static DeltaException closed(int close, String reason) {
    int colon = reason.indexOf(": ");
    String word = colon < 0 ? "closed" : reason.substring(0, colon);
    String message = "Closed with " + close + (reason.isEmpty() ? "" : ": " + reason);
    boolean retry = !(close >= NO_HELP && close < 5000) && !AFTER_FIXING.contains(close);
    return new DeltaException(message, new Facts(word, 0, close, retry, null, 0), null);
  }

  /**
   * An answer of HTTP that refuses.
   *
   * @param body the server's {@code {"error","code","retry","hint"}}, or a proxy's page
   */
  static DeltaException refused(int status, String body, long retryAfter) {
    String error = field(body, "error").orElse("The server answered " + status);
    boolean retry =
        field(body, "retry").map("true"::equals).orElse(status >= 500 || MAY_PASS.contains(status));
    String code = field(body, "code").orElse("http_" + status);
    Facts facts = new Facts(code, status, 0, retry, field(body, "hint").orElse(null), retryAfter);
    return new DeltaException(error, facts, null);
  }

  private static Optional<String> field(String body, String name) {
    try {
      return JsonText.member(body, name).map(JsonText::string);
    } catch (IllegalArgumentException | StringIndexOutOfBoundsException e) {
      return Optional.empty();
    }
  }

  /**
   * The server's word for it: of <a href="http.md#errors">HTTP</a>, such as {@code slot_not_found},
   * or of a close code, such as {@code slot_busy}. Of this client: {@code lost} (no connection),
   * {@code incomplete} (rows broke off), {@code message_too_large}, {@code token} (its supplier
   * failed).
   */
  public String code() {
    return facts.code();
  }

  /** The status of HTTP; 0 if there was no answer. */
  public int status() {
    return facts.status();
  }

  /** The websocket's close code; 0 if none came. */
  public int close() {
    return facts.close();
  }

  /** Whether the same may succeed later without anybody changing anything. */
  public boolean retry() {
    return facts.retry();
  }

  /** What to do, if the server says so. */
  public Optional<String> hint() {
    return Optional.ofNullable(facts.hint());
  }

  /**
   * Whether the position is lost, so that the rows have to be read again: close codes 4500 to 4503,
   * and a feed's {@code must_refetch}.
   */
  public boolean needsSnapshot() {
    return facts.close() >= NO_HELP && facts.close() <= 4503;
  }

  boolean isAboutTheToken() {
    return facts.status() == UNAUTHORIZED;
  }

  long retryAfter() {
    return facts.retryAfter();
  }
}
