package org.pgdeltastream.web.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.rights.Claims;
import org.pgdeltastream.rights.Identity;

class RevocationsTest {
  private static final Instant NOW = Instant.parse("2026-12-01T00:00:00Z");

  @TempDir Path directory;
  private Instant now = NOW;

  private Revocations inMemory() {
    return new Revocations(Optional.empty(), Duration.ofHours(1), () -> now);
  }

  private Revocations inFile(Path file) {
    return new Revocations(
        Optional.of(new RevocationFile(file.toString())), Duration.ofHours(1), () -> now);
  }

  private static Revocation subject(String subject, Instant before) {
    return new Revocation(Revocation.Kind.SUB, subject, before);
  }

  private static Identity identity(String subject, String id, Optional<Instant> issued) {
    return new Identity(
        "i", subject, Optional.of(id), "user", new Claims(Map.of()), issued, Optional.empty());
  }

  @Test
  void revokesWhatASubjectGotBefore() {
    Revocations revocations = inMemory();
    revocations.add(subject("ann", NOW));
    revocations.add(subject("ann", NOW.minusSeconds(60)));
    assertThat(revocations.isRevoked(identity("ann", "1", Optional.of(NOW.minusSeconds(1)))))
        .isTrue();
    assertThat(revocations.isRevoked(identity("ann", "1", Optional.empty()))).isTrue();
    assertThat(revocations.isRevoked(identity("ann", "1", Optional.of(NOW)))).isFalse();
    assertThat(revocations.isRevoked(identity("bob", "1", Optional.empty()))).isFalse();
    assertThat(revocations.isRevoked(identity("", "1", Optional.empty()))).isFalse();
  }

  @Test
  void revokesOneToken() {
    Revocations revocations = inMemory();
    revocations.add(new Revocation(Revocation.Kind.JTI, "7", NOW));
    assertThat(revocations.isRevoked(identity("ann", "7", Optional.of(NOW)))).isTrue();
    assertThat(revocations.isRevoked(identity("ann", "8", Optional.of(NOW)))).isFalse();
    assertThat(revocations.isRevoked(identity("7", "8", Optional.of(NOW)))).isFalse();
  }

  @Test
  void forgetsWhenNoTokenIsLeft() {
    Revocations revocations = inMemory();
    revocations.add(subject("ann", NOW));
    now = NOW.plus(Duration.ofHours(1));
    assertThat(revocations.all()).hasSize(1);
    now = revocations.end(subject("ann", NOW));
    assertThat(revocations.all()).isEmpty();
    assertThat(revocations.isRevoked(identity("ann", "1", Optional.empty()))).isFalse();
  }

  @Test
  void refusesMoreThanItKeepsAndTakesThemLater() {
    Revocations revocations = inMemory();
    for (int i = 0; i < Revocations.MOST; i++) {
      revocations.add(subject("s" + i, NOW));
    }
    revocations.add(subject("s7", NOW.plusSeconds(1)));
    assertThatThrownBy(() -> revocations.add(subject("one more", NOW)))
        .hasMessageContaining("There are 100000 revocations");
    now = NOW.plus(Duration.ofHours(2));
    revocations.add(subject("one more", now));
    assertThat(revocations.all()).hasSize(1);
  }

  @Test
  void remembersInItsFile() {
    Path file = directory.resolve("revocations");
    Revocations before = inFile(file);
    Revocation odd = subject("a\"b\\ \n\u00e9", NOW);
    before.add(odd);
    before.add(new Revocation(Revocation.Kind.JTI, "7", NOW.plusMillis(5)));
    Revocations after = inFile(file);
    assertThat(after.all()).isEqualTo(before.all()).hasSize(2).contains(odd);
    assertThat(directory.toFile().list()).containsExactly("revocations");
    now = NOW.plus(Duration.ofHours(2));
    assertThat(inFile(file).all()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{\"revocations\":1}\n",
        "{\"sub\":\"ann\",\"before\":\"2026-12-01T00:00:00Z\"}\n",
        "{\"sub\":\"ann\",\"before\":\"2026-12-01T00:00:00Z\"}\n{\"revocations\":2}\n",
        "{\"sub\":\"ann\",\"before\":\"now\"}\n{\"revocations\":1}\n",
        "{\"sub\":\"ann\"}\n{\"revocations\":1}\n",
        "canary\n{\"revocations\":1}\n",
      })
  void doesNotStartWithADamagedFile(String content) throws Exception {
    Path file = directory.resolve("damaged");
    Files.writeString(file, content);
    assertThatThrownBy(() -> inFile(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("pgdelta.revocations")
        .hasMessageContaining("is damaged")
        .hasMessageNotContaining("canary");
  }

  @Test
  void doesNotStartWhereItCannotWrite() {
    assertThatThrownBy(() -> inFile(directory.resolve("nowhere/revocations")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("its directory is not there");
  }

  @Test
  void saysWhenItCannotRememberAndRevokesAllTheSame() throws Exception {
    Path inner = Files.createDirectory(directory.resolve("inner"));
    Revocations revocations = inFile(inner.resolve("revocations"));
    Files.delete(inner);
    assertThatThrownBy(() -> revocations.add(subject("ann", NOW)))
        .hasMessageContaining("It is revoked until this server stops");
    assertThat(revocations.isRevoked(identity("ann", "1", Optional.empty()))).isTrue();
  }
}
