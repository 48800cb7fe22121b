package org.pgdeltastream.feed.log;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;

/**
 * From where a subscriber goes on: the end of the last transaction that it has received whole. The
 * stamp says of what: {@code 7f3a9c1e.1.5d2e8a01.0/1792448} is the database (32 bits of a hash of
 * its system identifier and name), its timeline, the view (32 bits of a hash) and the LSN. It holds
 * on every server of the database. An LSN alone is taken without a check of the rest.
 */
public record FeedPosition(Optional<Stamp> stamp, Lsn lsn) {
  private static final Pattern TEXT =
      Pattern.compile("(?:([0-9a-f]{8})\\.(\\d{1,9})\\.([0-9a-f]{8})\\.)?([^.]+)");

  /** What a position is of. */
  public record Stamp(int system, int timeline, int view) {
    /** Of all views of a database. */
    public static Stamp of(String systemId, String database, int timeline) {
      return new Stamp(Hash.first32(systemId + "/" + database), timeline, 0);
    }

    /** The same of one view. */
    public Stamp of(int ofView) {
      return new Stamp(system, timeline, ofView);
    }

    /** As it stands before the LSN, without the last dot. */
    @Override
    public String toString() {
      return String.format("%08x.%d.%08x", system, timeline, view);
    }

    public FeedPosition at(Lsn lsn) {
      return new FeedPosition(Optional.of(this), lsn);
    }

    /** Why a position with the other stamp is none here; null if it is one. */
    private @Nullable String mismatch(Stamp other, boolean isOfTimeline) {
      if (system != other.system) {
        return "system";
      }
      if (!isOfTimeline) {
        return "timeline";
      }
      return view == other.view ? null : "view";
    }
  }

  /** An LSN alone. */
  public static FeedPosition of(Lsn lsn) {
    return new FeedPosition(Optional.empty(), lsn);
  }

  /**
   * Reads a whole position, or an LSN.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static FeedPosition parse(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException("not a position");
    }
    Lsn lsn = Lsn.parse(parts.group(4));
    if (parts.group(1) == null) {
      return of(lsn);
    }
    Stamp stamp =
        new Stamp(
            Integer.parseUnsignedInt(parts.group(1), 16),
            Integer.parseInt(parts.group(2)),
            Integer.parseUnsignedInt(parts.group(3), 16));
    return new FeedPosition(Optional.of(stamp), lsn);
  }

  /**
   * Why this is no position of that stamp: {@code system}, {@code timeline} or {@code view}.
   *
   * @param ancestors where the timelines ended from which that one comes
   */
  public Optional<String> mismatch(Stamp here, Map<Integer, Lsn> ancestors) {
    return stamp.flatMap(
        its -> {
          Lsn end = ancestors.getOrDefault(its.timeline, Lsn.NONE);
          boolean isOfTimeline = its.timeline == here.timeline || !lsn.isAfter(end);
          return Optional.ofNullable(here.mismatch(its, isOfTimeline));
        });
  }

  @Override
  public String toString() {
    return stamp.map(one -> one + ".").orElse("") + lsn;
  }
}
