package org.pgdeltastream.web.rest;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.bind.Jsonb;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.TableSummary;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.slot.NewSlot;
import org.pgdeltastream.slot.stream.SlotReport;
import org.pgdeltastream.web.http.Query;

class BodiesTest {
  private static final SlotName NAME = new SlotName("delta_a");
  private static final Instant NOON = Instant.parse("2026-11-25T12:00:00Z");

  private static final SlotReport.Wal NOTHING =
      new SlotReport.Wal(
          0, 0, OptionalLong.empty(), OptionalLong.empty(), Optional.empty(), Optional.empty());

  private final Jsonb jsonb = new JsonbProvider().getContext(Object.class);

  @Test
  void writesAPing() {
    assertThat(jsonb.toJson(Map.of("status", "ok"))).isEqualTo("{\"status\":\"ok\"}");
  }

  @Test
  void writesAnInit() {
    NewSlot slot =
        new NewSlot(
            NAME,
            OutputPlugin.WAL2JSON,
            List.of(),
            false,
            Lsn.parse("0/16B3748"),
            NOON,
            List.of("table t has no key"));
    assertThat(jsonb.toJson(Bodies.init(slot, "")))
        .isEqualTo(
            "{\"slotName\":\"delta_a\",\"plugin\":\"wal2json\",\"publications\":[],"
                + "\"consistentPoint\":\"0/16B3748\",\"snapshotExpires\":\"2026-11-25T12:00:00Z\","
                + "\"stream\":\"/v1/lr/stream?slotName=delta_a\","
                + "\"warnings\":[\"table t has no key\"]}");
  }

  @Test
  void namesPublicationsInTheStreamsPathWhereTheClientMustNameThemAgain() {
    List<String> publications = List.of("a", "b & ä");
    NewSlot slot =
        new NewSlot(NAME, OutputPlugin.PGOUTPUT, publications, true, Lsn.NONE, NOON, List.of());
    String stream = String.valueOf(Bodies.init(slot, "/app").get("stream"));
    assertThat(stream)
        .isEqualTo("/app/v1/lr/stream?slotName=delta_a&publication=a,b%20%26%20%C3%A4");
    Query query = Query.parse(stream.substring(stream.indexOf('?') + 1), "slotName", "publication");
    assertThat(query.list("publication")).isEqualTo(publications);
  }

  @Test
  void writesASlot() {
    SlotReport slot =
        new SlotReport(
            NAME,
            "pgoutput",
            List.of("p"),
            true,
            Optional.empty(),
            Optional.of(Lsn.parse("0/10")),
            Optional.of(Lsn.parse("1/20")),
            new SlotReport.Wal(
                9_007_199_254_740_993L,
                40,
                OptionalLong.of(30),
                OptionalLong.of(70),
                Optional.of("reserved"),
                Optional.of("horizon")),
            Optional.of(NOON),
            true,
            5,
            Optional.of(new SlotReport.OpenSnapshot(NOON, 7)),
            Optional.of(new SlotReport.LastClose(CloseReason.SLOW_SUBSCRIBER, "too slow", NOON)),
            2,
            List.of(),
            Optional.empty(),
            new SlotReport.Seen(NOON, true));
    assertThat(jsonb.toJson(Bodies.slot(slot)))
        .isEqualTo(
            "{\"slotName\":\"delta_a\",\"plugin\":\"pgoutput\",\"publications\":[\"p\"],"
                + "\"active\":true,\"restartLsn\":\"0/10\",\"confirmedFlushLsn\":\"1/20\","
                + "\"lagBytes\":9007199254740993,\"retainedWalBytes\":40,\"safeWalBytes\":30,"
                + "\"walLimitBytes\":70,\"walStatus\":\"reserved\","
                + "\"invalidationReason\":\"horizon\",\"inactiveSince\":"
                + "\"2026-11-25T12:00:00Z\",\"failover\":true,\"spilledBytes\":5,\"snapshot\":"
                + "{\"state\":\"open\",\"expires\":\"2026-11-25T12:00:00Z\",\"xidsHeld\":7},"
                + "\"lastClose\":{\"code\":4003,\"reason\":\"slow_consumer: too slow\","
                + "\"at\":\"2026-11-25T12:00:00Z\"},\"acksIgnored\":2,\"warnings\":[],"
                + "\"stale\":true,\"asOf\":\"2026-11-25T12:00:00Z\"}");
  }

  @Test
  void leavesOutWhatIsNotKnownOfASlot() {
    SlotReport slot =
        new SlotReport(
            NAME,
            "wal2json",
            List.of(),
            false,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            NOTHING,
            Optional.empty(),
            false,
            0,
            Optional.empty(),
            Optional.empty(),
            0,
            List.of(),
            Optional.empty(),
            new SlotReport.Seen(NOON, false));
    assertThat(jsonb.toJson(Bodies.slot(slot)))
        .isEqualTo(
            "{\"slotName\":\"delta_a\",\"plugin\":\"wal2json\",\"publications\":[],"
                + "\"active\":false,\"lagBytes\":0,\"retainedWalBytes\":0,\"failover\":false,"
                + "\"spilledBytes\":0,\"snapshot\":{\"state\":\"closed\"},"
                + "\"acksIgnored\":0,\"warnings\":[]}");
  }

  @Test
  void saysWhoStreamsASlotAndThatAClientClosed() {
    SlotReport slot =
        new SlotReport(
            NAME,
            "pgoutput",
            List.of(),
            true,
            Optional.of(new SlotReport.Client("10.0.0.1", NOON)),
            Optional.empty(),
            Optional.empty(),
            NOTHING,
            Optional.empty(),
            false,
            0,
            Optional.empty(),
            Optional.of(new SlotReport.LastClose(Optional.empty(), 1001, "bye", NOON)),
            0,
            List.of(),
            Optional.empty(),
            new SlotReport.Seen(NOON, false));
    assertThat(jsonb.toJson(Bodies.slot(slot)))
        .contains(
            "\"active\":true,\"client\":{\"address\":\"10.0.0.1\","
                + "\"since\":\"2026-11-25T12:00:00Z\"},\"lagBytes\":0,",
            "\"lastClose\":{\"code\":1001,\"reason\":\"bye\",\"by\":\"client\","
                + "\"at\":\"2026-11-25T12:00:00Z\"},");
  }

  @Test
  void writesATable() {
    TableSummary table =
        new TableSummary(
            new TableName("public", "users"),
            3,
            8192,
            List.of("id"),
            "default",
            true,
            List.of(new TableSummary.TypedColumn("id", "integer")));
    assertThat(jsonb.toJson(List.of(Bodies.table(table))))
        .isEqualTo(
            "[{\"schema\":\"public\",\"table\":\"users\",\"estimatedRows\":3,\"bytes\":8192,"
                + "\"streamed\":true,\"key\":[\"id\"],\"replicaIdentity\":\"default\","
                + "\"columns\":[{\"name\":\"id\",\"type\":\"integer\"}]}]");
  }
}
