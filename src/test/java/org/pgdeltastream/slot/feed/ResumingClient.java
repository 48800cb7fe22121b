package org.pgdeltastream.slot.feed;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.feed.FakeOutlet;
import org.pgdeltastream.feed.LogReader;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.feed.log.Framing;

/** A client that comes again, after its last whole transaction, where its connection is cut. */
final class ResumingClient {
  private static final Pattern POSITION =
      Pattern.compile("^\\{\"nextlsn\":\"([0-9A-F/]+)\",|\"nextlsn\":\"([0-9A-F/]+)\"\\}$");

  private final ViewOptions view;
  private final Framing framing;
  private final Lsn start;
  private final Function<ResumingClient, FakeOutlet> connect;
  private final List<String> before = new ArrayList<>(); // on earlier connections
  private FakeOutlet outlet;
  private Lsn position;
  private int seen = -1;

  ResumingClient(
      ViewOptions view, Framing framing, Lsn start, Function<ResumingClient, FakeOutlet> connect) {
    this.view = view;
    this.framing = framing;
    this.start = start;
    this.position = start;
    this.connect = connect;
    this.outlet = connect.apply(this);
  }

  ViewOptions view() {
    return view;
  }

  Framing framing() {
    return framing;
  }

  Lsn start() {
    return start;
  }

  /** It has all up to there. */
  Lsn position() {
    return position;
  }

  FakeOutlet outlet() {
    return outlet;
  }

  void comesAgainIfCut() {
    if (outlet.isCut()) {
      assertThat(outlet.wrong()).isEmpty();
      before.addAll(changes(true));
      outlet = connect.apply(this);
    }
  }

  /** Nothing came since the last call. */
  boolean isStill() {
    int size = outlet.size();
    boolean isStill = size == seen;
    seen = size;
    return isStill;
  }

  /** All messages but those that only tell of progress. */
  List<String> messages() {
    List<String> all = new ArrayList<>(before);
    all.addAll(changes(false));
    return all;
  }

  /** Of this connection; only whole transactions where it is to go on after them. */
  private List<String> changes(boolean whole) {
    List<String> found = new ArrayList<>();
    int ended = 0;
    boolean isOpen = false;
    for (String text : texts()) {
      Matcher matcher = POSITION.matcher(text);
      boolean ends = matcher.find();
      boolean actions = view.changes().format() == ChangeOptions.Format.ACTIONS;
      boolean isProgress = ends && (actions ? !isOpen : text.endsWith("\"change\":[]}"));
      isOpen = actions && !ends && (isOpen || text.startsWith("{\"action\":\"B\""));
      if (!isProgress && !text.startsWith("{\"live\"")) {
        found.add(text);
      }
      if (ends && whole) {
        position = Lsn.parse(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
        ended = found.size();
      }
    }
    return whole ? found.subList(0, ended) : found;
  }

  private List<String> texts() {
    byte[] bytes = outlet.bytes();
    List<String> texts = new ArrayList<>();
    if (framing == Framing.WEBSOCKET) {
      LogReader.texts(bytes, texts);
      return texts;
    }
    String all = new String(bytes, StandardCharsets.UTF_8);
    String end = framing == Framing.EVENT_STREAM ? "\n\n" : "\n";
    int from = 0;
    for (int at = all.indexOf(end); at >= 0; at = all.indexOf(end, from)) {
      String one = all.substring(from, at);
      if (framing != Framing.EVENT_STREAM) {
        if (!one.startsWith("#")) { // a position
          texts.add(one);
        }
      } else if (one.startsWith("data: ")) {
        texts.add(one.substring("data: ".length()).split("\n", 2)[0]);
      }
      from = at + end.length();
    }
    return texts;
  }
}
