package org.pgdeltastream.web.rights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.rights.Rights;

class RightsFileTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  @TempDir Path directory;

  private static String roles(String name) {
    return "{\"roles\":{\"" + name + "\":{}}}";
  }

  @Test
  void isReadAgainWhenItChanges() throws Exception {
    Path file = Files.writeString(directory.resolve("rights.json"), roles("first"));
    Supplier<Rights> rights = RightsFile.of(Optional.of(file.toString()));
    assertThat(rights.get().roles()).containsOnlyKeys("first");
    Files.writeString(file, roles("second"));
    await("the new roles").atMost(SOON).until(() -> rights.get().role("second").isPresent());
    assertThat(rights.get().role("first")).isEmpty();
  }

  @Test
  void aBadFileChangesNothingUntilItIsGood() throws Exception {
    Path file = Files.writeString(directory.resolve("rights.json"), roles("first"));
    Supplier<Rights> rights = RightsFile.of(Optional.of(file.toString()));
    Rights first = rights.get();
    Files.writeString(file, "{\"roles\":{\"second\":{\"al\":true}}}");
    Path other = Files.writeString(directory.resolve("other.json"), roles("third"));
    Supplier<Rights> reference = RightsFile.of(Optional.of(other.toString()));
    Files.writeString(other, roles("fourth"));
    await("as long as a good file takes")
        .atMost(SOON)
        .until(() -> rights.get().equals(first) && reference.get().role("fourth").isPresent());
    assertThat(rights.get()).isEqualTo(first);
    Files.delete(file);
    assertThat(rights.get()).isEqualTo(first);
    Files.writeString(file, roles("second"));
    await("the new roles").atMost(SOON).until(() -> rights.get().role("second").isPresent());
  }

  /** What could not be read is read as soon as it can, though it looks the same. */
  @Test
  void isReadAgainWhereItCouldNotBeRead() throws Exception {
    Path file = Files.writeString(directory.resolve("rights.json"), roles("first"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), file);
    Supplier<Rights> rights = RightsFile.of(Optional.of(link.toString()));
    Path other = Files.createDirectory(directory.resolve("other")); // reading it fails
    Files.delete(link);
    Files.createSymbolicLink(link, other);
    Path reference = Files.writeString(directory.resolve("reference.json"), roles("third"));
    Supplier<Rights> looks = RightsFile.of(Optional.of(reference.toString()));
    Files.writeString(reference, roles("fourth"));
    await("as long as a look takes")
        .atMost(SOON)
        .until(
            () -> rights.get().role("first").isPresent() && looks.get().role("fourth").isPresent());
    Files.writeString(file, roles("second"));
    Files.delete(link);
    Files.createSymbolicLink(link, file);
    await("the new roles").atMost(SOON).until(() -> rights.get().role("second").isPresent());
  }

  @Test
  void aBadFileRefusesTheStart() throws Exception {
    Path file = Files.writeString(directory.resolve("rights.json"), "{\"roles\":[]}");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RightsFile.of(Optional.of(file.toString())))
        .withMessageContaining("pgdelta.rights")
        .withMessageContaining(file.toString())
        .withMessageContaining("roles must be a JSON object");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RightsFile.of(Optional.of(directory.resolve("none").toString())))
        .withMessageContaining("pgdelta.rights");
  }

  @Test
  void withoutAFileThereAreNone() {
    assertThat(RightsFile.of(Optional.empty()).get()).isEqualTo(Rights.NONE);
  }
}
