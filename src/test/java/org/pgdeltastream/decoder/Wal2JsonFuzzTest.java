package org.pgdeltastream.decoder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.ChangeTally;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.change.MessageOutput;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.support.InPlace;

/** wal2json's recorded bytes, cut and damaged: they are read or refused, and nothing else. */
class Wal2JsonFuzzTest {
  private static final int FLIPPED_STREAMS = 300;
  private static final List<byte[]> CHUNKS = bytes(Vectors.wal2JsonChunks());
  private static final List<byte[]> WHOLE = bytes(Vectors.wal2Json());
  private static final List<byte[]> ACTIONS = bytes(Vectors.wal2JsonActions());

  @Test
  void readsOrRefusesEveryPrefixOfChunks() throws IOException {
    everyPrefix(CHUNKS, Wal2JsonFuzzTest::format1);
  }

  @Test
  void readsOrRefusesEveryPrefixOfWholeTransactions() throws IOException {
    everyPrefix(WHOLE, Wal2JsonFuzzTest::format1);
  }

  @Test
  void readsOrRefusesEveryPrefixOfActions() throws IOException {
    everyPrefix(ACTIONS, Wal2JsonFuzzTest::format2);
  }

  @Test
  void readsOrRefusesFlippedBytes() throws IOException {
    for (int seed = 0; seed < FLIPPED_STREAMS; seed++) {
      flipped(CHUNKS, seed, Wal2JsonFuzzTest::format1);
      flipped(WHOLE, seed, Wal2JsonFuzzTest::format1);
      flipped(ACTIONS, seed, Wal2JsonFuzzTest::format2);
    }
  }

  @Test
  void readsTheRecordedActionsWhole() throws IOException {
    Counter output = new Counter();
    WalDecoder decoder = format2(output);
    for (byte[] message : ACTIONS) {
      InPlace.decode(decoder, message);
    }
    assertThat(decoder.betweenMessages()).isTrue();
    assertThat(output.begun).isEqualTo(output.ended).isPositive();
  }

  private static void everyPrefix(List<byte[]> messages, Function<MessageOutput, WalDecoder> form)
      throws IOException {
    WalDecoder before = form.apply(new Counter());
    List<byte[]> transaction = new ArrayList<>();
    for (byte[] message : messages) {
      for (int length = 0; length < message.length; length++) {
        Counter output = new Counter();
        WalDecoder decoder = form.apply(output);
        for (byte[] earlier : transaction) {
          InPlace.decode(decoder, earlier);
        }
        read(decoder, Arrays.copyOf(message, length), output);
      }
      InPlace.decode(before, message);
      transaction.add(message);
      if (before.betweenMessages()) {
        transaction.clear();
      }
    }
  }

  private static void flipped(
      List<byte[]> messages, int seed, Function<MessageOutput, WalDecoder> form)
      throws IOException {
    Random random = new Random(seed);
    Counter output = new Counter();
    WalDecoder decoder = form.apply(output);
    for (byte[] message : messages) {
      byte[] damaged = message.clone();
      if (random.nextInt(10) == 0) {
        damaged[random.nextInt(Math.min(damaged.length, 80))] ^= (byte) (1 << random.nextInt(8));
      }
      if (!read(decoder, damaged, output)) {
        return;
      }
    }
  }

  /** Whether it was read; what goes out is never more than twice what came in, and begins pair. */
  private static boolean read(WalDecoder decoder, byte[] message, Counter output)
      throws IOException {
    long before = output.bytes;
    try {
      InPlace.decode(decoder, message);
    } catch (MalformedMessageException e) {
      if (!String.valueOf(e.getMessage()).contains("byte")) {
        throw new AssertionError("No position: " + e.getMessage(), e);
      }
      return false;
    }
    if (output.bytes - before > 2L * message.length + 70_000 || output.ended > output.begun) {
      throw new AssertionError(
          "Read as something else: "
              + new String(message, 0, Math.min(80, message.length), StandardCharsets.UTF_8));
    }
    return true;
  }

  private static WalDecoder format1(MessageOutput output) {
    ChangeOptions options = withDefaults("1");
    return new Wal2JsonText(
        new Wal2JsonDecoder(options, output, ChangeTally.NONE),
        ServerEncoding.OF_MOST,
        options,
        HeapBudget.unlimited().share());
  }

  private static WalDecoder format2(MessageOutput output) {
    ChangeOptions options = withDefaults("2");
    return new Wal2JsonText(
        new Wal2JsonActionDecoder(options, output, ChangeTally.NONE),
        ServerEncoding.OF_MOST,
        options,
        HeapBudget.unlimited().share());
  }

  private static ChangeOptions withDefaults(String format) {
    Map<String, String> words = Map.of("format", format, "include-default", "1");
    return ChangeOptions.parse(name -> Optional.ofNullable(words.get(name)));
  }

  private static List<byte[]> bytes(List<String> texts) {
    return texts.stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
  }

  private static final class Counter implements MessageOutput {
    private long bytes;
    private int begun;
    private int ended;

    @Override
    public void begin(Lsn earliestEnd) {
      begun++;
    }

    @Override
    public void part(byte[] text, int start, int length) {
      bytes += length;
    }

    @Override
    public void last(byte[] text, int start, int length, Lsn endLsn) {
      bytes += length;
      ended += endLsn.equals(Lsn.NONE) ? 0 : 1;
    }
  }
}
