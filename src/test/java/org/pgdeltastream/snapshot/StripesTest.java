package org.pgdeltastream.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.TableRequest.Part;

class StripesTest {
  @Test
  void takesTheWholeTableInOneGo() {
    assertThat(Stripes.of(Part.WHOLE, 1 << 20, 18)).containsExactly("");
  }

  @Test
  void dealsStripesOutInTurn() {
    assertThat(Stripes.of(new Part(2, 3), 1025, 18))
        .containsExactly(range(256, 512), range(1024, 1280));
    assertThat(Stripes.of(new Part(1, 3), 1025, 18))
        .containsExactly(range(0, 256), range(768, 1024));
  }

  @Test
  void readsOneStripeOfAnEmptyTable() {
    assertThat(Stripes.of(new Part(8, 8), 0, 18)).containsExactly(range(1792, 2048));
  }

  @Test
  void endsWithTheLongestTable() {
    List<String> last = Stripes.of(new Part(1024, 1024), 4_294_967_294L, 18);
    assertThat(last.get(last.size() - 1)).isEqualTo(range(4_294_967_040L, 4_294_967_295L));
  }

  @Test
  void comparesOneByOneWhereThereIsNoRangeScan() {
    assertThat(Stripes.of(new Part(3, 8), 1 << 20, 13))
        .singleElement()
        .asString()
        .endsWith(" / 256 % 8 = 2");
  }

  private static String range(long from, long to) {
    return " where ctid >= '(" + from + ",0)'::tid and ctid < '(" + to + ",0)'::tid";
  }
}
