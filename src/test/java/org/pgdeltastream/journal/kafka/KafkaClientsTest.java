package org.pgdeltastream.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.journal.shared.KafkaSettings;
import org.pgdeltastream.journal.shared.LogException;
import org.pgdeltastream.journal.shared.LogException.Kind;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class KafkaClientsTest {
  @TempDir private Path directory;

  private static KafkaLog log(String servers, Optional<String> file) {
    KafkaSettings settings =
        new KafkaSettings(
            Optional.of(servers),
            file,
            "pgdelta.",
            3,
            Duration.ofDays(7),
            true,
            Duration.ofSeconds(2),
            true,
            KafkaSettings.Storage.WAL);
    return new KafkaLog(settings, "main");
  }

  private Optional<String> file(String content) throws IOException {
    Path file = directory.resolve("kafka.properties");
    Files.writeString(file, content);
    return Optional.of(file.toString());
  }

  @Test
  void aFileMayNotSetWhatKeepsChanges() throws IOException {
    Optional<String> file = file("acks=1\nsecurity.protocol=SSL\nisolation.level=read_committed\n");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> log("localhost:1", file))
        .withMessageContaining("kafka.properties sets acks, isolation.level, which this program");
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> log("localhost:1", Optional.of("/nowhere/k.properties")))
        .withMessage("Setting pgdelta.kafka-config: /nowhere/k.properties cannot be read");
  }

  @Test
  void whatKafkasClientDoesNotTakeIsWrong() throws IOException {
    Optional<String> file = file("security.protocol=NONE\n");
    KafkaLog log = log("localhost:1", file);
    LogException refused = catchThrowableOfType(LogException.class, log::read);
    assertThat(refused).hasMessageContaining("security.protocol");
    assertThat(refused.kind()).isEqualTo(Kind.WRONG);
  }

  @Test
  void aNameThatNobodyKnowsMayBeKnownLater() {
    KafkaLog log = log("no.such.host.invalid:9092", Optional.empty());
    LogException refused = catchThrowableOfType(LogException.class, log::read);
    assertThat(refused).hasMessageContaining("No resolvable bootstrap");
    assertThat(refused.kind()).isEqualTo(Kind.AWAY);
  }

  @Test
  void theClassLoaderOfTheThreadDoesNotMatter() throws IOException {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(ClassLoader.getPlatformClassLoader());
    try {
      log("localhost:1", Optional.empty()).read().close();
      assertThat(thread.getContextClassLoader()).isSameAs(ClassLoader.getPlatformClassLoader());
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
