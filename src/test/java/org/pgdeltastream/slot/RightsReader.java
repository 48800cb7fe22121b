package org.pgdeltastream.slot;

import static java.util.Objects.requireNonNull;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FakeOutlet;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.Outlet;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.slot.admission.Caller;
import org.pgdeltastream.slot.feed.Feeds;
import org.pgdeltastream.slot.feed.FollowRequest;
import org.pgdeltastream.slot.view.ViewRequest;

/** A client with rights of its own, and all that it was told, however it was framed. */
final class RightsReader implements FollowRequest.Client {
  final FakeOutlet outlet;
  final FeedSubscriber subscriber;
  private final Framing framing;
  private volatile boolean hasBegun;

  RightsReader(Feeds feeds, Framing framing, boolean snapshot, Bearer bearer, String... options) {
    this(feeds, framing, snapshot, bearer, asked(options));
  }

  RightsReader(Feeds feeds, Framing framing, boolean snapshot, Bearer bearer, ViewRequest request) {
    this.framing = framing;
    this.outlet = new FakeOutlet(Long.MAX_VALUE / 2, false);
    this.subscriber = follow(feeds, framing, snapshot, bearer, request, outlet, this);
    outlet.serves(subscriber);
  }

  /** Begins to follow with this outlet, after the same checks. */
  static FeedSubscriber follow(
      Feeds feeds,
      Framing framing,
      boolean snapshot,
      Bearer bearer,
      ViewRequest request,
      Outlet outlet,
      FollowRequest.Client client) {
    Caller caller = new Caller("127.0.0.1", "", Optional.of(bearer));
    FollowRequest.After now = FollowRequest.After.NOW;
    feeds.check("main", caller, request, snapshot);
    return feeds.follow(
        "main",
        new FollowRequest(request, framing, now, snapshot, Duration.ZERO, caller, client),
        outlet);
  }

  static ViewRequest asked(String... options) {
    Map<String, String> all = new TreeMap<>(Map.of("values", "string"));
    for (int i = 0; i < options.length; i += 2) {
      all.put(options[i], options[i + 1]);
    }
    return new ViewRequest(ChangeOptions.parse(name -> Optional.ofNullable(all.get(name))));
  }

  @Override
  public void begins(FeedSubscriber one, FeedPosition start, FeedPosition oldest) {
    hasBegun = true;
  }

  boolean hasBegun() {
    return hasBegun || hasRows();
  }

  @Override
  public void beginsWithRows(FeedSubscriber one, Optional<String> refetch, FeedPosition oldest) {}

  @Override
  public void mustRefetch(
      FeedSubscriber one, String reason, FeedPosition oldest, FeedPosition newest) {
    one.end(CloseReason.POSITION_LOST, reason);
  }

  String text() {
    return new String(outlet.bytes(), StandardCharsets.UTF_8);
  }

  Optional<CloseReason> ending() {
    return outlet.ending();
  }

  private List<JsonObject> messages() {
    List<JsonObject> messages = new ArrayList<>();
    for (String text : framing == Framing.WEBSOCKET ? frames() : lines()) {
      if (text.startsWith("{")) {
        messages.add(Json.createReader(new StringReader(text)).readObject());
      }
    }
    return messages;
  }

  private List<String> lines() {
    String all = text();
    int end = all.lastIndexOf('\n');
    return all.substring(0, Math.max(0, end))
        .lines()
        .map(line -> line.replaceFirst("^data: ", ""))
        .toList();
  }

  /** Of RFC 6455, without masks; messages may have come in parts. */
  private List<String> frames() {
    ByteBuffer all = ByteBuffer.wrap(outlet.bytes());
    List<String> texts = new ArrayList<>();
    StringBuilder open = new StringBuilder();
    while (all.remaining() >= 2) {
      all.mark();
      int head = all.get();
      long length = all.get() & 0x7F;
      int more = length == 126 ? Short.BYTES : length == 127 ? Long.BYTES : 0;
      if (all.remaining() < more) {
        break;
      }
      length = more == 0 ? length : more == Short.BYTES ? all.getShort() & 0xFFFF : all.getLong();
      if (all.remaining() < length) {
        break;
      }
      byte[] payload = new byte[(int) length];
      all.get(payload);
      open.append(new String(payload, StandardCharsets.UTF_8));
      if (head < 0) { // FIN
        texts.add(open.toString());
        open.setLength(0);
      }
    }
    return texts;
  }

  /** The rows of its snapshot, as the model writes them. */
  List<String> rows() {
    List<String> rows = new ArrayList<>();
    for (JsonObject message : messages()) {
      if (message.get("snapshot") instanceof JsonObject snapshot) {
        for (JsonValue row : snapshot.getJsonArray("rows")) {
          Map<String, String> values = new TreeMap<>();
          row.asJsonObject().forEach((name, value) -> values.put(name, text(value)));
          rows.add("row " + snapshot.getString("table") + " " + values);
        }
      }
    }
    return rows.stream().filter(row -> !row.startsWith("row mark ")).sorted().toList();
  }

  boolean hasRows() {
    return text().contains("{\"snapshot-end\"");
  }

  /** The changes, as the model writes them. */
  List<String> changes() {
    List<String> changes = new ArrayList<>();
    for (JsonObject message : messages()) {
      if (message.get("change") instanceof JsonArray all) {
        all.forEach(one -> changes.add(change(one.asJsonObject())));
      }
    }
    return changes.stream().filter(one -> !one.startsWith("insert mark ")).toList();
  }

  private static String change(JsonObject change) {
    String kind = change.getString("kind");
    if (kind.equals("message")) {
      return kind + " " + change.getString("prefix");
    }
    String old =
        change.get("oldkeys") == null ? "" : " " + values(change.getJsonObject("oldkeys"), "key");
    String row =
        kind.equals("insert") || kind.equals("update") ? " " + values(change, "column") : "";
    return kind
        + " "
        + change.getString("table")
        + row
        + old
        + (change.containsKey("moved") ? " moved" : "");
  }

  private static Map<String, String> values(JsonObject of, String what) {
    JsonArray names = requireNonNull(of.getJsonArray(what + "names"));
    Map<String, String> row = new TreeMap<>();
    for (int i = 0; i < names.size(); i++) {
      row.put(names.getString(i), text(of.getJsonArray(what + "values").get(i)));
    }
    return row;
  }

  private static String text(@Nullable JsonValue value) {
    return value instanceof JsonString text ? text.getString() : String.valueOf(value);
  }
}
