package org.pgdeltastream.slot.lease;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;

class PageBytesTest {
  private final HeapBudget heap = new HeapBudget(4L * HeapBudget.STEP);
  private final PageBytes page = new PageBytes(8, heap.share());

  @Test
  void givesBackWhatItTookInOrder() throws IOException {
    byte[] reused = "abcd".getBytes(US_ASCII);
    page.write(reused, 1, 3);
    reused[1] = 'x';
    page.write('!');
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    page.writeTo(out);
    assertThat(out.toString(US_ASCII)).isEqualTo("bcd!");
    assertThat(page.size()).isEqualTo(4);
  }

  @Test
  void isRefusedForNowOrForGoodWhereTheHeapHasNoRoomAndGivesItBack() {
    byte[] piece = new byte[HeapBudget.STEP];
    PageBytes other = large(1, piece);
    PageBytes busy = large(3, piece);
    assertThat(heap.free()).isZero();
    assertRefused(busy, piece, Problem.UPSTREAM_BUSY);
    assertThat(heap.free()).as("at once").isEqualTo(3L * HeapBudget.STEP);
    other.close();

    assertRefused(large(4, piece), piece, Problem.PAYLOAD_TOO_LARGE);
    assertThat(heap.free()).isEqualTo(heap.size());
  }

  private PageBytes large(int pieces, byte[] piece) {
    PageBytes large = new PageBytes(1 << 30, heap.share());
    for (int i = 0; i < pieces; i++) {
      large.write(piece, 0, piece.length);
    }
    return large;
  }

  private static void assertRefused(PageBytes page, byte[] piece, Problem problem) {
    assertThatThrownBy(() -> page.write(piece, 0, piece.length))
        .isInstanceOfSatisfying(
            ProblemException.class,
            refused -> {
              assertThat(refused.problem()).isEqualTo(problem);
              assertThat(refused.hint()).contains("pgdelta.heap-bytes");
            });
  }

  @Test
  void takesNoMoreThanItsBound() {
    page.write(new byte[8], 0, 8);
    assertThatThrownBy(() -> page.write(1))
        .isInstanceOfSatisfying(
            ProblemException.class,
            refused -> assertThat(refused.problem()).isEqualTo(Problem.PAYLOAD_TOO_LARGE));
  }
}
