package org.pgdeltastream.slot;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.feed.FakeOutlet;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.slot.feed.FollowRequest;
import org.pgdeltastream.support.ServerClient;

/**
 * A client that begins with rows, and keeps what it is told of tables (id, n): exactly, since each
 * update of a row adds one to its n.
 */
final class SnapshotFollower implements FollowRequest.Client {
  final FakeOutlet outlet;
  private final Map<String, Map<Long, Long>> tables = new TreeMap<>();
  private volatile @Nullable FeedSubscriber subscriber;
  private int read;
  private long rows;
  private Lsn start = Lsn.NONE;
  private Lsn position = Lsn.NONE;
  private long early; // changes before the end of the rows

  SnapshotFollower() {
    this(Long.MAX_VALUE / 2);
  }

  /** One that takes so much at first. */
  SnapshotFollower(long room) {
    outlet = new FakeOutlet(room, false);
  }

  void serves(FeedSubscriber one) {
    subscriber = one;
    outlet.serves(one);
  }

  /** Reads on; fails where something is missing or comes twice. */
  void readOn() {
    byte[] all = outlet.bytes();
    for (int at = read; at < all.length; at++) {
      if (all[at] == '\n') {
        message(ServerClient.object(new String(all, read, at - read, StandardCharsets.UTF_8)));
        read = at + 1;
      }
    }
  }

  private void message(JsonObject message) {
    if (message.containsKey("snapshot")) {
      rows(message.getJsonObject("snapshot"));
    } else if (message.containsKey("snapshot-end")) {
      assertThat(start).isEqualTo(Lsn.NONE);
      start = Lsn.parse(message.getJsonObject("snapshot-end").getString("lsn"));
      position = start;
      assertThat(message.getJsonObject("snapshot-end").getInt("rows")).isEqualTo((int) rows);
    } else if (message.containsKey("change")) {
      early += start.equals(Lsn.NONE) ? 1 : 0;
      assertThat(message.containsKey("nextlsn")).isNotEqualTo(start.equals(Lsn.NONE));
      message.getJsonArray("change").forEach(one -> change(one.asJsonObject()));
      if (message.containsKey("nextlsn")) {
        Lsn next = Lsn.parse(message.getString("nextlsn"));
        assertThat(next.isAfter(position) || next.equals(position)).isTrue();
        position = next;
      }
    }
  }

  private Map<Long, Long> table(String name) {
    return tables.computeIfAbsent(name, any -> new TreeMap<>());
  }

  private void rows(JsonObject snapshot) {
    assertThat(start).isEqualTo(Lsn.NONE);
    Map<Long, Long> table = table(snapshot.getString("table"));
    for (JsonValue row : snapshot.getJsonArray("rows")) {
      rows++;
      long id = row.asJsonObject().getJsonNumber("id").longValue();
      assertThat(table.put(id, row.asJsonObject().getJsonNumber("n").longValue())).isNull();
    }
  }

  private void change(JsonObject change) {
    String kind = change.getString("kind");
    if (kind.equals("message")) {
      return;
    }
    Map<Long, Long> table = table(change.getString("table"));
    String what = change.toString();
    switch (kind) {
      case "insert" -> {
        Map<String, Long> row = values(change, "columnnames", "columnvalues");
        assertThat(table.put(value(row, "id"), value(row, "n"))).as(what).isNull();
      }
      case "update" -> {
        JsonObject key = change.getJsonObject("oldkeys");
        Long old = table.remove(value(values(key, "keynames", "keyvalues"), "id"));
        Map<String, Long> row = values(change, "columnnames", "columnvalues");
        assertThat(value(row, "n")).as(what).isEqualTo(requireNonNull(old, what) + 1);
        assertThat(table.put(value(row, "id"), value(row, "n"))).as(what).isNull();
      }
      case "delete" -> {
        JsonObject key = change.getJsonObject("oldkeys");
        assertThat(table.remove(value(values(key, "keynames", "keyvalues"), "id")))
            .as(what)
            .isNotNull();
      }
      case "truncate" -> table.clear();
      default -> throw new AssertionError(what);
    }
  }

  private static long value(Map<String, Long> row, String column) {
    return requireNonNull(row.get(column), column + " of " + row);
  }

  private static Map<String, Long> values(JsonObject of, String names, String values) {
    JsonArray columns = of.getJsonArray(names);
    Map<String, Long> row = new HashMap<>();
    for (int i = 0; i < columns.size(); i++) {
      row.put(columns.getString(i), of.getJsonArray(values).getJsonNumber(i).longValue());
    }
    return row;
  }

  /** Each table that it was told of: {@code 1=4} for a row. */
  Map<String, List<String>> state() {
    Map<String, List<String>> state = new TreeMap<>();
    tables.forEach(
        (name, rows) -> {
          List<String> texts = new ArrayList<>();
          rows.forEach((id, n) -> texts.add(id + "=" + n));
          state.put(name, texts);
        });
    return state;
  }

  /** It has everything up to there. */
  Lsn position() {
    return position;
  }

  /** Where its rows ended; NONE before. */
  Lsn start() {
    return start;
  }

  long rows() {
    return rows;
  }

  long early() {
    return early;
  }

  /** Its connection has ended. */
  void gone() {
    FeedSubscriber served = subscriber;
    if (served != null) {
      served.gone();
    }
  }

  String text() {
    return new String(outlet.bytes(), StandardCharsets.UTF_8);
  }

  @Override
  public void begins(FeedSubscriber one, FeedPosition from, FeedPosition oldest) {
    position = from.lsn();
    start = from.lsn();
  }

  @Override
  public void beginsWithRows(FeedSubscriber one, Optional<String> refetch, FeedPosition oldest) {
    refetch.ifPresent(
        why -> one.say(("{\"refetch\":\"" + why + "\"}\n").getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public void mustRefetch(
      FeedSubscriber one, String reason, FeedPosition oldest, FeedPosition newest) {
    one.say(("{\"refused\":\"" + reason + "\"}\n").getBytes(StandardCharsets.UTF_8));
  }
}
