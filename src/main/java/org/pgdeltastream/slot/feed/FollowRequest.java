package org.pgdeltastream.slot.feed;

import java.time.Duration;
import java.util.Optional;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.slot.admission.Caller;
import org.pgdeltastream.slot.view.ViewRequest;

/**
 * What a subscriber asks of a feed.
 *
 * @param view as it was asked for
 * @param snapshot whether it begins with rows where it has no position, or none that can be served
 * @param linger the least time between two writes
 * @param caller whose client it is
 */
public record FollowRequest(
    ViewRequest view,
    Framing framing,
    After after,
    boolean snapshot,
    Duration linger,
    Caller caller,
    Client client) {

  /**
   * Where a subscriber begins.
   *
   * @param position empty for a word
   * @param oldest with the oldest change that can be sent; else, and without a position, now
   */
  public record After(Optional<FeedPosition> position, boolean oldest) {
    public static final After NOW = new After(Optional.empty(), false);
    public static final After OLDEST = new After(Optional.empty(), true);

    public static After of(FeedPosition position) {
      return new After(Optional.of(position), false);
    }
  }

  /** Is told what comes before the changes, or instead of them; once. Never waits. */
  public interface Client {
    /** It begins: with what ends after {@code start}. */
    void begins(FeedSubscriber subscriber, FeedPosition start, FeedPosition oldest);

    /**
     * It begins with rows, and then goes on from a position that they end with.
     *
     * @param refetch why its position cannot be served; empty if it has none
     * @param oldest what ends after this can be sent
     */
    void beginsWithRows(FeedSubscriber subscriber, Optional<String> refetch, FeedPosition oldest);

    /**
     * Its position cannot be served. It is to end the subscriber.
     *
     * @param reason {@code window}, {@code system}, {@code timeline}, {@code view}, {@code
     *     identity} or {@code toast}
     * @param oldest a position that can be served, as is {@code newest}
     */
    void mustRefetch(
        FeedSubscriber subscriber, String reason, FeedPosition oldest, FeedPosition newest);
  }
}
