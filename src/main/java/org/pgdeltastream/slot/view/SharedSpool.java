package org.pgdeltastream.slot.view;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.ViewOptions;

/**
 * One snapshot of a view for all who ask for it within a short time. In the monitor of its {@link
 * Spools}.
 */
final class SharedSpool {
  private final ViewOptions view;
  private final long deadline;
  private final Map<FeedSubscriber, Long> followers = new LinkedHashMap<>(); // they wait, or read
  private Optional<SpoolMaker.Made> made = Optional.empty();
  private long madeAt;
  private boolean isOver; // nobody may join

  /**
   * To be made.
   *
   * @param deadline until then it must be made, and read
   */
  SharedSpool(ViewOptions view, long deadline) {
    this.view = view;
    this.deadline = deadline;
  }

  ViewOptions view() {
    return view;
  }

  long deadline() {
    return deadline;
  }

  /** Whether somebody else who asks now may have it; equal views see the same. */
  boolean isFor(ViewOptions other, long now, long reuseNanos) {
    return view.equals(other)
        && !isOver
        && now - deadline < 0
        && (made.isEmpty() || now - madeAt < reuseNanos);
  }

  /** Who may have so many bytes. */
  void add(FeedSubscriber one, long most) {
    followers.put(one, most);
  }

  void remove(FeedSubscriber one) {
    followers.remove(one);
  }

  /** Whether somebody may have so many bytes; else it ends. */
  boolean mayHave(FeedSubscriber one, long bytes) {
    boolean mayHave = followers.getOrDefault(one, 0L) >= bytes;
    if (!mayHave) {
      followers.remove(one);
      one.end(CloseReason.FORBIDDEN, "its rows are more bytes than its role may begin with");
    }
    return mayHave;
  }

  boolean isWanted() {
    return !followers.isEmpty();
  }

  List<FeedSubscriber> followers() {
    return List.copyOf(followers.keySet());
  }

  Optional<SpoolMaker.Made> made() {
    return made;
  }

  void made(SpoolMaker.Made file, long now) {
    made = Optional.of(file);
    madeAt = now;
  }

  Lsn end() {
    return made.map(SpoolMaker.Made::end).orElse(Lsn.NONE);
  }

  /** Nobody else gets it. */
  void end(boolean over) {
    isOver |= over;
  }

  boolean isOver() {
    return isOver;
  }
}
