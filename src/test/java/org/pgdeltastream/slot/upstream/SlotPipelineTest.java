package org.pgdeltastream.slot.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ChangeTally;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.encoder.RecordingOutput;

class SlotPipelineTest {
  private static final Lsn END = Lsn.parse("0/1B");
  private static final Catalog NOTHING =
      new Catalog() {
        @Override
        public List<ColumnDetails> details(Relation relation, Lsn commit) {
          return List.of();
        }

        @Override
        public int originNumber(String originName) {
          return 0;
        }
      };

  private final RecordingOutput output = new RecordingOutput();

  @Test
  void movesAnIdleSlotInTheClientsFormat() throws IOException {
    pipeline(OutputPlugin.PGOUTPUT, 18, Map.of()).sendEmptyTransaction(END);
    pipeline(OutputPlugin.PGOUTPUT, 18, Map.of("format", "2")).sendEmptyTransaction(END);
    pipeline(OutputPlugin.WAL2JSON, 18, Map.of("format", "2", "include-transaction", "0"))
        .sendEmptyTransaction(END);
    assertThat(output.texts())
        .containsExactly(
            "{\"nextlsn\":\"0/1B\",\"change\":[]}",
            "{\"action\":\"B\"}",
            "{\"action\":\"C\",\"nextlsn\":\"0/1B\"}",
            "{\"action\":\"C\",\"nextlsn\":\"0/1B\"}");
    assertThat(output.messages().stream().map(RecordingOutput.Message::endLsn))
        .containsExactly(END, Lsn.NONE, END, END);
  }

  @Test
  void asksPgOutputForMessagesWhereItHasThem() {
    assertThat(pipeline(OutputPlugin.PGOUTPUT, 13, Map.of()).pluginOptions())
        .containsOnlyKeys("proto_version", "publication_names");
    assertThat(pipeline(OutputPlugin.PGOUTPUT, 14, Map.of()).pluginOptions())
        .containsEntry("messages", "true");
  }

  @Test
  void asksPgOutputForTheNewestProtocolOfTheServer() {
    for (int[] one : new int[][] {{10, 1}, {13, 1}, {14, 2}, {15, 3}, {16, 4}, {18, 4}}) {
      assertThat(pipeline(OutputPlugin.PGOUTPUT, one[0], Map.of()).pluginOptions())
          .containsEntry("proto_version", "" + one[1])
          .doesNotContainKeys("streaming", "two_phase");
    }
  }

  @Test
  void alwaysAsksWal2JsonForPositionsTimesAndTheEnd() {
    Map<String, String> asked =
        pipeline(
                OutputPlugin.WAL2JSON,
                15,
                Map.of(
                    "format", "2",
                    "include-lsn", "0",
                    "include-transaction", "0",
                    "skip-empty-xacts", "1",
                    "include-unchanged-toast", "0",
                    "include-pk", "1"))
            .pluginOptions();
    assertThat(asked)
        .containsOnly(
            Map.entry("include-pk", "true"),
            Map.entry("include-lsn", "true"),
            Map.entry("include-timestamp", "true"),
            Map.entry("pretty-print", "false"),
            Map.entry("filter-msg-prefixes", "pgdeltastream"),
            Map.entry("format-version", "2"));
  }

  @Test
  void asksAnOldWal2JsonOnlyForTheClientsPrefixes() {
    SlotPipeline ours = pipeline(OutputPlugin.WAL2JSON, 15, Map.of());
    assertThat(ours.doWithout("filter-msg-prefixes")).isTrue();
    assertThat(ours.pluginOptions()).doesNotContainKey("filter-msg-prefixes");
    SlotPipeline theirs = pipeline(OutputPlugin.WAL2JSON, 15, Map.of("filter-msg-prefixes", "a,b"));
    assertThat(theirs.pluginOptions()).containsEntry("filter-msg-prefixes", "a,b,pgdeltastream");
    assertThat(theirs.doWithout("filter-msg-prefixes")).isFalse();
  }

  @Test
  void doesWithoutOneUnknownOptionOnly() {
    SlotPipeline pipeline =
        pipeline(OutputPlugin.WAL2JSON, 15, Map.of("values", "string", "include-pk", "1"));
    String option =
        pipeline
            .optionIn("option \"numeric-data-types-as-string\" = \"true\" is unknown")
            .orElseThrow();
    assertThat(pipeline.doWithout(option)).isTrue();
    assertThat(pipeline.pluginOptions()).doesNotContainKey("numeric-data-types-as-string");
    assertThat(pipeline.doWithout("include-pk")).isFalse();
    assertThat(pipeline.optionIn("something else")).isEmpty();
  }

  private SlotPipeline pipeline(OutputPlugin plugin, int version, Map<String, String> words) {
    return SlotPipeline.of(
        new SlotPipeline.Source(plugin, List.of("p"), version),
        ChangeOptions.parse(name -> Optional.ofNullable(words.get(name))),
        NOTHING,
        output,
        ChangeTally.NONE,
        HeapBudget.unlimited());
  }
}
