package org.pgdeltastream.decoder;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MalformedMessageException;

class WireReaderTest {
  @Test
  void readsBigEndianNumbers() {
    WireReader in = reader("ff" + "ffff" + "80000000" + "0000001603002d50");
    assertThat(in.int8()).isEqualTo((byte) -1);
    assertThat(in.uint16()).isEqualTo(65535);
    assertThat(in.int32()).isEqualTo(Integer.MIN_VALUE);
    assertThat(in.lsn()).isEqualTo(Lsn.parse("16/3002D50"));
    in.end();
  }

  @Test
  void readsTextAsUtf8() {
    WireReader in = reader("c3a900" + "00" + "f09f9880");
    assertThat(in.string()).isEqualTo("é");
    assertThat(in.string()).isEmpty();
    assertThat(in.text(4, UTF_8)).isEqualTo("😀");
    in.end();
  }

  @Test
  void saysWhereTheBytesRanOut() {
    WireReader in = reader("0000000100");
    in.int32();
    assertThatThrownBy(in::int32)
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("Need 4 bytes, have 1 at byte 4");
  }

  @Test
  void countsFromTheStartOfTheMessage() {
    WireReader in = new WireReader().reset(new byte[30], 25, 30);
    in.int32();
    assertThatThrownBy(in::int32).hasMessage("Need 4 bytes, have 1 at byte 4");
  }

  @Test
  void refusesLengthsThatAreNegativeOrTooLong() {
    for (int length : new int[] {-1, Integer.MIN_VALUE, 3, Integer.MAX_VALUE}) {
      assertThatThrownBy(() -> reader("0000").text(length, UTF_8))
          .isInstanceOf(MalformedMessageException.class);
      assertThatThrownBy(() -> reader("0000").repeat(length, WireReader::int8))
          .isInstanceOf(MalformedMessageException.class);
    }
  }

  @Test
  void refusesAStartBeyondTheMessage() {
    assertThatThrownBy(() -> new WireReader().reset(new byte[3], 4, 3).int8())
        .isInstanceOf(MalformedMessageException.class);
    assertThatThrownBy(() -> new WireReader().reset(new byte[3], 4, 3).string())
        .isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void refusesTextWithoutItsEnd() {
    assertThatThrownBy(() -> reader("6162").string())
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("Text does not end at byte 0");
  }

  @Test
  void refusesBytesThatNobodyRead() {
    assertThatThrownBy(() -> reader("00").end())
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("1 bytes too many at byte 0");
  }

  private static WireReader reader(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex + "AB");
    return new WireReader().reset(bytes, 0, bytes.length - 1);
  }
}
