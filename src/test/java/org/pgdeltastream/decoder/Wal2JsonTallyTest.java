package org.pgdeltastream.decoder;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.ChangeTally;
import org.pgdeltastream.change.MessageOutput;
import org.pgdeltastream.change.option.ChangeOptions;

/** Which changes wal2json's decoders count, however it writes them. */
class Wal2JsonTallyTest implements ChangeTally {
  private static final String HEAD =
      "{\"nextlsn\":\"0/20\",\"timestamp\":\"2026-11-20 10:00:00+00\",\"change\":[";

  private final List<String> counted = new ArrayList<>();

  @Override
  public void change(Action action) {
    counted.add(action.name());
  }

  @Override
  public void message() {
    counted.add("MESSAGE");
  }

  @Override
  public void filtered() {
    throw new AssertionError("wal2json filters by itself");
  }

  private static String change(String kind, String value) {
    return "{\"kind\":\"%s\",\"schema\":\"s\",\"table\":\"t\",\"v\":[\"%s\"]}"
        .formatted(kind, value);
  }

  private static void decode(WalDecoder decoder, String... texts) throws IOException {
    for (String text : texts) {
      byte[] bytes = text.getBytes(UTF_8);
      decoder.decode(bytes, 0, bytes.length);
    }
  }

  /** No byte behind the message is asked for. */
  @Test
  void countsAChangeWithoutAKindAsSomethingElse() throws IOException {
    decode(
        new Wal2JsonDecoder(ChangeOptions.usual(), MessageOutput.NOWHERE, this),
        HEAD,
        "{\"kind\":\"",
        "]}");
    assertThat(counted).containsExactly("MESSAGE");
  }

  @Test
  void countsChunks() throws IOException {
    decode(
        new Wal2JsonDecoder(ChangeOptions.usual(), MessageOutput.NOWHERE, this),
        HEAD,
        change("insert", ""),
        "," + change("update", ""),
        "," + change("delete", ""),
        "," + change("truncate", ""),
        "," + change("message", ""),
        "]}");

    assertThat(counted).containsExactly("INSERT", "UPDATE", "DELETE", "TRUNCATE", "MESSAGE");
  }

  /** What looks like a change inside of a text is none. */
  @Test
  void countsTheChangesOfAWholeTransaction() throws IOException {
    String looksAlike = "{\\\"kind\\\":\\\"insert\\\"}, {'kind':'insert'}";
    decode(
        new Wal2JsonDecoder(ChangeOptions.usual(), MessageOutput.NOWHERE, this),
        HEAD + change("delete", looksAlike) + "," + change("update", "{") + "]}");

    assertThat(counted).containsExactly("DELETE", "UPDATE");
  }

  @Test
  void countsAMessageOfItsOwnAndNoEmptyTransaction() throws IOException {
    decode(
        new Wal2JsonDecoder(ChangeOptions.usual(), MessageOutput.NOWHERE, this),
        "{\"change\":[{\"kind\":\"message\",\"transactional\":false,\"prefix\":\"p\",\"content\":\"c\"}]}",
        HEAD + "]}");

    assertThat(counted).containsExactly("MESSAGE");
  }

  @Test
  void countsActions() throws IOException {
    decode(
        new Wal2JsonActionDecoder(ChangeOptions.usual(), MessageOutput.NOWHERE, this),
        "{\"action\":\"B\",\"lsn\":\"0/10\",\"nextlsn\":\"0/20\"}",
        "{\"action\":\"I\",\"lsn\":\"0/10\",\"schema\":\"s\"}",
        "{\"action\":\"T\",\"lsn\":\"0/10\",\"schema\":\"s\"}",
        "{\"action\":\"M\",\"lsn\":\"0/10\",\"prefix\":\"p\"}",
        "{\"action\":\"C\",\"lsn\":\"0/10\",\"nextlsn\":\"0/20\"}");

    assertThat(counted).containsExactly("INSERT", "TRUNCATE", "MESSAGE");
  }
}
