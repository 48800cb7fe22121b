package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.TestDatabase;

/** A table that is larger than the server's memory. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LargeTableIT {
  private static final String HEAP = "64m";
  private static final int ROWS = 100_000; // 1 KB each
  private static final int SMALLER = 70_000; // still larger than the heap
  private static final int READERS = 20;
  private static final Pattern SLOT = Pattern.compile("\"slotName\":\"([^\"]+)\"");
  private static final Pattern END = Pattern.compile("\\{\"complete\":true,\"rows\":([0-9]+)}");

  private TestDatabase database;
  private Program program;
  private String slot;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    database = TestDatabase.embedded();
    database.execute(
        "create table big(i int, t text); alter table big alter t set storage plain;"
            + " insert into big select i, repeat('x', 1000) from generate_series(1, "
            + ROWS
            + ") i; create table smaller(i int, t text); alter table smaller alter t set storage"
            + " plain; insert into smaller select * from big where i <= "
            + SMALLER);
    program = Program.start(database, HEAP, directory);
    Matcher made = SLOT.matcher(program.get("/v1/init?plugin=pgoutput").body());
    assertThat(made.find()).isTrue();
    slot = made.group(1);
  }

  @AfterAll
  void stop() throws Exception {
    program.close();
    database.close();
  }

  @Test
  void isStreamedInBoundedMemory() throws Exception {
    try (InputStream lines = open("big")) {
      assertThat(rows(lines)).isEqualTo(ROWS);
    }
  }

  @Test
  void itsPartsAreReadByTwentyAtOnce() throws Exception {
    List<String> parts = new ArrayList<>();
    for (int part = 1; part <= READERS; part++) {
      parts.add("big&part=" + part + "/" + READERS);
    }
    assertThat(readAtOnce(parts).stream().mapToInt(Integer::intValue).sum()).isEqualTo(ROWS);
  }

  @Test
  void isReadWholeByTwentyAtOnce() throws Exception {
    assertThat(readAtOnce(Collections.nCopies(READERS, "smaller")))
        .hasSize(READERS)
        .containsOnly(SMALLER);
  }

  /** Each has begun before any is read on. */
  private List<Integer> readAtOnce(List<String> tables) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(READERS);
    List<InputStream> all = new ArrayList<>();
    try {
      for (String table : tables) {
        all.add(open(table));
      }
      List<Future<Integer>> counts = new ArrayList<>();
      for (InputStream lines : all) {
        counts.add(threads.submit(() -> rows(lines)));
      }
      List<Integer> rows = new ArrayList<>();
      for (Future<Integer> count : counts) {
        rows.add(count.get());
      }
      return rows;
    } finally {
      threads.shutdownNow();
      for (InputStream open : all) {
        open.close();
      }
    }
  }

  private InputStream open(String table) throws Exception {
    return program.open("/v1/snapshot/stream?slotName=" + slot + "&table=" + table);
  }

  /** How many rows came; the last line must say the same. */
  private static int rows(InputStream lines) throws IOException {
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(lines, StandardCharsets.UTF_8));
    int count = 0;
    String line = reader.readLine();
    String last = "";
    while (line != null) {
      count++;
      last = line;
      line = reader.readLine();
    }
    Matcher end = END.matcher(last);
    assertThat(end.matches()).as("the last line: %s", last).isTrue();
    assertThat(Integer.parseInt(end.group(1))).isEqualTo(count - 1);
    return count - 1;
  }
}
