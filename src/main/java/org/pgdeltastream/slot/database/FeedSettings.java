package org.pgdeltastream.slot.database;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.pgdeltastream.journal.shared.KafkaSettings;

/**
 * The settings of feeds.
 *
 * @param feeds made or read from the start: {@code name=publication,publication}
 * @param feedWindowBytes how much WAL a feed can send again, if it is not made with another number
 * @param feedWindowSeconds how old that may be
 * @param feedHeapBytes what the newest messages of all feeds may take of the heap, in all formats
 * @param feedDiskBytes what a feed's journal may take of the disk
 * @param feedDirectory where the journal's files are; empty for the system's temporary files
 * @param feedViews how many different selections of a feed may be followed
 * @param feedSnapshots how many snapshots of a feed's views are read at once; the others wait
 * @param feedSnapshotBytes what the files of a feed's snapshots may take of the disk
 * @param feedSnapshotSeconds how long a snapshot may wait, and be made, and be sent, in all
 * @param subscribers how many clients may follow feeds
 * @param subscribersPerAddress how many of them from one address
 * @param subscribersPerToken how many of them with one token
 */
public record FeedSettings(
    List<String> feeds,
    int feedWindowBytes,
    Duration feedWindowSeconds,
    int feedHeapBytes,
    int feedDiskBytes,
    Optional<String> feedDirectory,
    int feedViews,
    int feedSnapshots,
    int feedSnapshotBytes,
    Duration feedSnapshotSeconds,
    int subscribers,
    int subscribersPerAddress,
    int subscribersPerToken,
    KafkaSettings ofKafka) {

  static FeedSettings read(SettingSource source) {
    int subscribers = source.number("subscribers", 10_000, 1, 1_000_000);
    return new FeedSettings(
        source.parts("feeds", ";"),
        source.number("feed-window-bytes", 64 << 20, 1 << 20, Integer.MAX_VALUE),
        source.seconds("feed-window-seconds", 600),
        heapBytes(source),
        source.number("feed-disk-bytes", 1 << 30, 32 << 20, Integer.MAX_VALUE),
        source.text("feed-directory"),
        source.number("feed-views", 10_000, 1, 1_000_000),
        source.number("feed-snapshots", 4, 1, 1_000),
        source.number("feed-snapshot-bytes", 1 << 30, 1 << 20, Integer.MAX_VALUE),
        source.seconds("feed-snapshot-seconds", 600),
        subscribers,
        source.number("subscribers-per-address", 1_000, 1, 1_000_000),
        source.number("subscribers-per-token", subscribers, 1, 1_000_000),
        source.kafka());
  }

  /** A sixteenth: the sockets of thousands of subscribers need the rest. */
  private static int heapBytes(SettingSource source) {
    long heap = Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory());
    return (int) source.number("feed-heap-bytes", heap / 16, 1 << 20, heap);
  }

  /** Where feeds keep what can be sent again. */
  public Path feedFiles() {
    return Path.of(feedDirectory.orElse(System.getProperty("java.io.tmpdir", "/tmp")));
  }
}
