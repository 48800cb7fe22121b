package org.pgdeltastream.feed;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.FrameLog;
import org.pgdeltastream.feed.log.Framing;

/** The views of a feed, and the ways in which their changes are written. In a router's monitor. */
final class Views {
  private static final int MOST_LOG_BYTES = 1 << 20;
  private static final Lsn LAST = new Lsn(-1); // unsigned
  private static final int LEAST_LOG_BYTES = 1024;

  private final Catalog catalog;
  private final boolean areLive;
  private final LongSupplier logBytes;
  private final Runnable whenFull;
  private final Map<ViewOptions, View> views = new ConcurrentHashMap<>(); // others may ask
  private final Map<ChangeOptions, Encoding> encodings = new HashMap<>();
  private final List<Encoding> all = new ArrayList<>();
  private final List<View> unpublished = new ArrayList<>(); // that have something new
  private final Envelopes envelopes = new Envelopes();
  private final Map<ViewOptions, Lost> lost = new HashMap<>();
  private int share; // of each log
  private int room; // for logs
  private FeedPosition.Stamp stamp = new FeedPosition.Stamp(0, 0, 0);

  /** The last transaction that a view's filter could not be decided for. */
  private record Lost(String reason, Lsn end) {}

  Views(Catalog catalog, boolean areLive, LongSupplier logBytes, Runnable whenFull) {
    this.catalog = catalog;
    this.areLive = areLive;
    this.logBytes = logBytes;
    this.whenFull = whenFull;
  }

  /** Each way to write changes that a view has. */
  List<Encoding> encodings() {
    return all;
  }

  boolean hasRoom(ViewOptions options, int most) {
    return views.size() < most || views.containsKey(options);
  }

  int size() {
    return views.size();
  }

  void stamp(FeedPosition.Stamp present) {
    stamp = present;
    for (View view : views.values()) {
      view.logs().forEach(log -> log.stamp(present.of(view.options().hash())));
    }
  }

  void enter(ViewOptions options) {
    views.computeIfAbsent(options, this::made).enter();
  }

  void leave(ViewOptions options) {
    View view = views.get(options);
    if (view != null) {
      view.leave();
    }
  }

  /** A view's log; a new one begins at the head. */
  FrameLog log(ViewOptions options, Framing framing, Lsn head) {
    View view = views.computeIfAbsent(options, this::made);
    if (view.has(framing)) {
      return view.log(framing);
    }
    if (room == 0) {
      share();
    }
    room--;
    FrameLog made = new FrameLog(share, areLive, head);
    view.add(framing, made, stamp);
    return made;
  }

  /** All logs get the same, and some of which none is made yet. */
  private void share() {
    int logs = views.values().stream().mapToInt(one -> one.logs().size()).sum();
    room = 1 + logs / 8;
    long each = logBytes() / (logs + room);
    share = (int) Math.max(LEAST_LOG_BYTES, Math.min(MOST_LOG_BYTES, each));
    views.values().forEach(one -> one.limit(share));
  }

  long logBytes() {
    return logBytes.getAsLong();
  }

  private View made(ViewOptions options) {
    View view = new View(options, whenFull, unpublished);
    ChangeOptions how = options.changes().unfiltered();
    Encoding encoding = encodings.get(how);
    if (encoding == null) {
      encoding =
          switch (how.format()) {
            case TRANSACTIONS -> new TransactionEncoding(how, catalog, envelopes);
            case ACTIONS -> new ActionEncoding(how, catalog);
          };
      encodings.put(how, encoding);
      all.add(encoding);
    }
    encoding.add(view);
    return view;
  }

  /** Drops the open transaction, which ends, where it cannot be told, and remembers that. */
  void dropLost(Lsn end) {
    for (Encoding encoding : all) {
      encoding
          .dropLost()
          .forEach((view, why) -> lost.put(view.options(), new Lost(why, known(end))));
    }
  }

  /** A transaction without an end is after all positions. */
  private static Lsn known(Lsn end) {
    return end.equals(Lsn.NONE) ? LAST : end;
  }

  /** Why a view was not told a transaction that ends after this position; empty if it was. */
  Optional<String> lostAfter(ViewOptions view, Lsn position) {
    return Optional.ofNullable(lost.get(view))
        .filter(one -> one.end().isAfter(position))
        .map(Lost::reason);
  }

  /** Forgets those that nobody follows, and shares anew. */
  void tidy() {
    lost.clear();
    views
        .values()
        .removeIf(
            view -> {
              if (view.isUsed()) {
                return false;
              }
              forget(view);
              return true;
            });
    share();
  }

  private void forget(View view) {
    ChangeOptions how = view.changes().unfiltered();
    Encoding encoding = encodings.get(how);
    if (encoding != null) {
      encoding.remove(view);
      if (encoding.isEmpty()) {
        encodings.remove(how);
        all.remove(encoding);
      }
    }
  }

  void forgetLogs() {
    views.values().forEach(View::forgetLogs);
  }

  void rollBack() {
    all.forEach(Encoding::rollBack);
    views.values().forEach(View::rollBack);
  }

  boolean publish() {
    if (unpublished.isEmpty()) {
      return false;
    }
    unpublished.forEach(View::publish);
    unpublished.clear();
    return true;
  }

  void seal(Lsn head) {
    for (View view : views.values()) {
      view.logs().forEach(log -> log.log().seal(head));
    }
  }

  /** Tells all the head, whether or not something concerned them. */
  void tell(Lsn head) {
    byte[] transaction = bytes("{\"nextlsn\":\"" + head + "\",\"change\":[]}");
    byte[] action = bytes("{\"action\":\"C\",\"nextlsn\":\"" + head + "\"}");
    for (View view : views.values()) {
      boolean actions = view.changes().format() == ChangeOptions.Format.ACTIONS;
      view.progress(actions ? action : transaction, head);
    }
  }

  private static byte[] bytes(String json) {
    return json.getBytes(StandardCharsets.UTF_8);
  }
}
