package org.pgdeltastream.web.ops;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.pgdeltastream.delivery.Delays;

/** The samples of one scrape, as the library that writes them wants them. */
final class Samples {
  private static final double SECOND_MILLIS = 1_000;

  private final Map<Family, List<DataPointSnapshot>> points = new EnumMap<>(Family.class);

  /** Labels in the order of the family's. */
  void put(Family family, double value, String... labels) {
    DataPointSnapshot point =
        family.kind() == Family.Kind.COUNTER
            ? new CounterDataPointSnapshot(value, labels(family, labels), null, 0)
            : new GaugeDataPointSnapshot(value, labels(family, labels), null);
    add(family, point);
  }

  /** Exact up to 2^53. */
  void put(Family family, long value, String... labels) {
    put(family, (double) value, labels);
  }

  void put(Family family, boolean value, String... labels) {
    put(family, value ? 1.0 : 0.0, labels);
  }

  /** As Unix time. */
  void put(Family family, Instant moment, String... labels) {
    put(family, moment.toEpochMilli() / SECOND_MILLIS, labels);
  }

  void put(Family family, Delays delays, String... labels) {
    add(
        family,
        HistogramDataPointSnapshot.builder()
            .classicHistogramBuckets(ClassicHistogramBuckets.of(Delays.bounds(), delays.counts()))
            .sum(delays.seconds())
            .labels(labels(family, labels))
            .build());
  }

  private void add(Family family, DataPointSnapshot point) {
    points.computeIfAbsent(family, unused -> new ArrayList<>()).add(point);
  }

  private static Labels labels(Family family, String... values) {
    return Labels.of(family.labels().toArray(new String[0]), values);
  }

  /** All, in the order of the families. */
  MetricSnapshots all() {
    MetricSnapshots.Builder all = MetricSnapshots.builder();
    points.forEach((family, some) -> all.metricSnapshot(snapshot(family, some)));
    return all.build();
  }

  private static MetricSnapshot snapshot(Family family, List<DataPointSnapshot> points) {
    MetricMetadata about = new MetricMetadata(family.base(), family.help());
    return switch (family.kind()) {
      case GAUGE -> new GaugeSnapshot(about, as(GaugeDataPointSnapshot.class, points));
      case COUNTER -> new CounterSnapshot(about, as(CounterDataPointSnapshot.class, points));
      case HISTOGRAM -> new HistogramSnapshot(about, as(HistogramDataPointSnapshot.class, points));
    };
  }

  private static <T> List<T> as(Class<T> type, List<DataPointSnapshot> points) {
    return points.stream().map(type::cast).toList();
  }
}
