package org.pgdeltastream.launch.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** With a process that stands for PostgreSQL by its program's name. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class PostmasterTest {
  private static final int PORT = 5433;

  @TempDir private Path directory;
  private final List<Process> started = new ArrayList<>();
  private Path data = Path.of("");
  private Path run = Path.of("");

  @BeforeEach
  void makeDirectories() throws IOException {
    data = Files.createDirectory(directory.resolve("data"));
    run = Files.createDirectory(directory.resolve("run"));
    Postmaster.note(run, data, PORT);
  }

  @AfterEach
  void end() {
    started.forEach(Process::destroyForcibly);
  }

  @Test
  void aKilledRunsPostgresqlIsStopped() throws Exception {
    Process server = start("postgres");
    write(server, data, 0, PORT);
    Postmaster.endOfRun(run);
    assertThat(server.waitFor(10, TimeUnit.SECONDS)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "of another program, sleeper, data, 0, 5433",
    "that started later than the server, postgres, data, -60, 5433",
    "with other data, postgres, run, 0, 5433",
    "with data that are gone, postgres, gone, 0, 5433",
    "of another run, postgres, data, 0, 5434"
  })
  void noOtherProcessIsStopped(String which, String program, String place, int early, int port)
      throws Exception {
    Process other = start(program);
    write(other, directory.resolve(place), early, port);
    Postmaster.endOfRun(run);
    assertThat(other.isAlive()).as(which).isTrue();
  }

  @Test
  void aStaleFileWithAnotherProgramsNumberKeepsNoDataBack() throws Exception {
    write(start("sleeper"), data, 0, PORT);
    Postmaster.refuseRunning(data);
    assertThat(data).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -60})
  void dataThatAPostgresqlHasAreRefusedAndSoAreThoseWhereNobodyKnows(int early) throws Exception {
    write(start("postgres"), data, early, PORT);
    assertThatThrownBy(() -> Postmaster.refuseRunning(data))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(early == 0 ? "stop it first" : "delete the file");
    assertThat(data.resolve("postmaster.pid")).exists();
  }

  private Process start(String name) throws Exception {
    Path program = Files.copy(Path.of("/bin/sh").toRealPath(), directory.resolve(name));
    Process process = new ProcessBuilder(program.toString(), "-c", "read line; :").start();
    started.add(process);
    return process;
  }

  private void write(Process process, Path place, int early, int port) throws IOException {
    long start = process.info().startInstant().orElseThrow().getEpochSecond() + early;
    Files.writeString(
        data.resolve("postmaster.pid"),
        "%d\n%s\n%d\n%d\n\nlocalhost\n".formatted(process.pid(), place, start, port));
  }
}
