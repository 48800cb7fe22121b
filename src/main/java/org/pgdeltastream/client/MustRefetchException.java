package org.pgdeltastream.client;

/**
 * A feed has not the position that was asked for: read the rows again, save {@link #position} in
 * the {@link PositionStore} if there is one, then open the feed {@code from} it. Nothing was passed
 * over.
 */
public final class MustRefetchException extends DeltaException {
  private static final long serialVersionUID = 1L;

  private final String reason;
  private final String oldest;
  private final String position;

  private MustRefetchException(String reason, String oldest, String position) {
    super(
        "The position is not in the feed: " + reason,
        new Facts(
            "must_refetch", 0, 4502, false, "Read the rows again, then go on from position", 0),
        null);
    this.reason = reason;
    this.oldest = oldest;
    this.position = position;
  }

  /** Of the feed's message {@code {"reason","oldest","position"}}. */
  static MustRefetchException of(String json) {
    return new MustRefetchException(
        field(json, "reason"), field(json, "oldest"), field(json, "position"));
  }

  private static String field(String json, String name) {
    return JsonText.member(json, name).map(JsonText::string).orElse("");
  }

  /** {@code window}, {@code system}, {@code timeline} or {@code view}: see the page on feeds. */
  public String reason() {
    return reason;
  }

  /** The oldest position that the feed can send from. */
  public String oldest() {
    return oldest;
  }

  /** Where to go on once the rows were read. */
  public String position() {
    return position;
  }
}
