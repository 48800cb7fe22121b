package org.pgdeltastream;

import static java.util.Map.entry;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/**
 * How large packages, files and methods may be. Each exception stands here with its size and its
 * reason: a size that grows fails, and so does an exception that shrinks or is needed no more, so
 * that the lists only get shorter.
 */
class SizeTest {
  private static final Path SOURCES = Path.of("src/main/java/org/pgdeltastream");
  private static final int TYPES = 16;
  private static final int FILE_LINES = 250;
  private static final int METHOD_LINES = 30;

  /** Small records that all packages use. */
  private static final Map<String, Long> LARGE_PACKAGES = Map.of("change", 35L);

  private static final Map<String, Long> LONG_FILES =
      Map.ofEntries(
          entry("CatchUp", 263L), // one thread of its own
          entry("FrameSubscriber", 302L), // one state: who may write a frame
          entry("PostgresCatalog", 262L), // mostly SQL
          entry("PublicationSession", 316L), // mostly SQL
          entry("ReplicationSlots", 313L), // every statement about slots
          entry("SlotCopy", 295L), // mostly SQL
          entry("SlotCreator", 293L), // one order of steps, each undone
          entry("SlotManager", 263L), // the one EJB
          entry("SlotStream", 377L), // both halves of a stream
          entry("SocketInput", 280L), // one buffer
          entry("StreamClient", 382L), // a client's whole state
          entry("Upstream", 351L), // a reader's whole state
          entry("Wal2JsonDecoder", 312L), // one format
          entry("Wal2JsonNames", 255L)); // one grammar

  private static final Map<String, Long> LONG_METHODS =
      Map.ofEntries(
          entry("CatchUp.read", 33L), // the loop of a piece
          entry("PublicationRefusals.asElsewhere", 51L), // a table of SQLSTATEs
          entry("PublicationSession.use", 33L), // one transaction
          entry("ReplicationReader.run", 35L), // the loop of a stream
          entry("Settings.read", 34L), // a table of settings
          entry("StreamState.on", 41L), // the table of transitions
          entry("Upstream.afterLoss", 34L), // one decision
          entry("Upstream.run", 38L), // each way to lose PostgreSQL
          entry("UpstreamLoss.of", 33L)); // a table of SQLSTATEs

  @Test
  void packagesAreSmall() throws IOException {
    Map<String, Long> types =
        sources().stream()
            .map(file -> SOURCES.relativize(file.getParent()).toString().replace('/', '.'))
            .collect(groupingBy(name -> name, TreeMap::new, counting()));
    assertThat(above(types, TYPES)).isEqualTo(LARGE_PACKAGES);
  }

  @Test
  void filesAreShort() throws IOException {
    Map<String, Long> lines = new TreeMap<>();
    for (Path file : sources()) {
      lines.put(nameOf(file), (long) Files.readAllLines(file).size());
    }
    assertThat(above(lines, FILE_LINES)).isEqualTo(LONG_FILES);
  }

  @Test
  void methodsAreShort() throws IOException {
    assertThat(above(methods(), METHOD_LINES)).isEqualTo(LONG_METHODS);
  }

  private static Map<String, Long> above(Map<String, Long> sizes, int most) {
    assertThat(sizes).isNotEmpty();
    Map<String, Long> large = new TreeMap<>(sizes);
    large.values().removeIf(size -> size <= most);
    return large;
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      return files
          .filter(file -> file.toString().endsWith(".java") && !file.endsWith("package-info.java"))
          .toList();
    }
  }

  private static String nameOf(Path file) {
    return file.getFileName().toString().replace(".java", "");
  }

  /** Lines from a method's first annotation or modifier to its last brace. */
  private static Map<String, Long> methods() throws IOException {
    Map<String, Long> lines = new TreeMap<>();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null,
                  files,
                  null,
                  List.of("-proc:none"),
                  null,
                  files.getJavaFileObjectsFromPaths(sources()));
      SourcePositions positions = Trees.instance(task).getSourcePositions();
      for (CompilationUnitTree unit : task.parse()) {
        unit.accept(new Methods(unit, positions, lines), null);
      }
    }
    return lines;
  }

  private static final class Methods extends TreeScanner<Void, Void> {
    private final CompilationUnitTree unit;
    private final SourcePositions positions;
    private final Map<String, Long> lines;

    Methods(CompilationUnitTree unit, SourcePositions positions, Map<String, Long> lines) {
      this.unit = unit;
      this.positions = positions;
      this.lines = lines;
    }

    @Override
    public Void visitMethod(MethodTree method, Void unused) {
      LineMap map = unit.getLineMap();
      long first = map.getLineNumber(positions.getStartPosition(unit, method));
      long last = map.getLineNumber(positions.getEndPosition(unit, method));
      String name = nameOf(Path.of(unit.getSourceFile().toUri())) + "." + method.getName();
      lines.merge(name, last - first + 1, Math::max);
      return super.visitMethod(method, null);
    }
  }
}
