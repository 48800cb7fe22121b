package org.pgdeltastream.web.token;

import jakarta.json.Json;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.web.http.BodyFields;
import org.pgdeltastream.web.http.BodyReader;

/**
 * The file of {@code pgdelta.revocations}: a JSON object in each line, the last one says how many
 * there are. It is replaced as a whole.
 */
final class RevocationFile {
  private static final long MOST_BYTES = 256L << 20;

  private final Path path;

  RevocationFile(String path) {
    this.path = Path.of(path).toAbsolutePath();
  }

  /**
   * What it has; nothing if it is not there yet.
   *
   * @throws IllegalArgumentException if it cannot be read, or is damaged: what was revoked would be
   *     taken again
   */
  List<Revocation> read() {
    try {
      if (Files.size(path) > MOST_BYTES) {
        throw damaged("is too large");
      }
      return parse(Files.readAllLines(path));
    } catch (NoSuchFileException e) {
      return nothingIn(path.resolveSibling("."));
    } catch (IOException e) { // also where it is no UTF-8
      throw damaged("cannot be read");
    }
  }

  private List<Revocation> nothingIn(Path directory) {
    if (!Files.isDirectory(directory) || !Files.isWritable(directory)) {
      throw damaged("cannot be written: its directory is not there, or not writable");
    }
    return List.of();
  }

  private List<Revocation> parse(List<String> lines) {
    List<Revocation> all = new ArrayList<>();
    for (int i = 0; i < lines.size() - 1; i++) {
      all.add(revocation(lines.get(i), i + 1));
    }
    if (lines.isEmpty() || !lines.get(lines.size() - 1).equals(end(all.size()))) {
      throw damaged("is damaged: its end is missing");
    }
    return all;
  }

  private Revocation revocation(String line, int number) {
    try {
      BodyFields fields = BodyFields.of(BodyReader.parse(line), "", "sub", "jti", "before");
      boolean subject = fields.text("sub").isPresent();
      return new Revocation(
          subject ? Revocation.Kind.SUB : Revocation.Kind.JTI,
          subject ? fields.needed("sub") : fields.needed("jti"),
          Instant.parse(fields.needed("before")));
    } catch (ProblemException | DateTimeParseException e) {
      throw damaged("is damaged in line " + number);
    }
  }

  private IllegalArgumentException damaged(String how) {
    return new IllegalArgumentException(
        "The file of setting pgdelta.revocations ("
            + path
            + ") "
            + how
            + ". Repair it, or move it away: then what it revokes is taken again");
  }

  private static String end(int count) {
    return "{\"revocations\":" + count + "}";
  }

  /**
   * Replaces it; it survives the end of this program, and of the machine.
   *
   * @throws ProblemException UPSTREAM_CONFIG if it cannot be written
   */
  void write(List<Revocation> all) {
    Path next = path.resolveSibling(path.getFileName() + ".new");
    try {
      try (FileChannel file =
              FileChannel.open(
                  next,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.TRUNCATE_EXISTING,
                  StandardOpenOption.WRITE);
          BufferedWriter to =
              new BufferedWriter(
                  new OutputStreamWriter(Channels.newOutputStream(file), StandardCharsets.UTF_8))) {
        for (Revocation one : all) {
          to.write(line(one) + "\n");
        }
        to.write(end(all.size()) + "\n");
        to.flush();
        file.force(true);
      }
      Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new ProblemException(
          Problem.UPSTREAM_CONFIG,
          "It is revoked until this server stops: the file of pgdelta.revocations cannot be written",
          "See to the file's directory, and revoke again",
          e);
    }
  }

  private static String line(Revocation one) {
    return Json.createObjectBuilder()
        .add(one.kind().name().toLowerCase(Locale.ROOT), one.what())
        .add("before", one.before().toString())
        .build()
        .toString();
  }
}
