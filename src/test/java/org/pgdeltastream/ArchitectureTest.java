package org.pgdeltastream;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** ARCHITECTURE.md, held by the byte code; {@code SizeTest} holds how large things may be. */
@AnalyzeClasses(
    packages = "org.pgdeltastream",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String ROOT = "org.pgdeltastream.";

  private static final String[] CORE = {
    ROOT + "change..",
    ROOT + "doctor..",
    ROOT + "decoder..",
    ROOT + "encoder..",
    ROOT + "delivery..",
    ROOT + "framing.."
  };

  /** A row of ARCHITECTURE.md's table: package, what it holds, what it imports. */
  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| `([a-z.]+)` \\|[^|]+\\| ((?:`[a-z.]+`(?:, )?)*)[^|`]*\\|$");

  @ArchTest
  static void packagesImportWhatTheTableSays(JavaClasses classes) throws IOException {
    Map<String, Set<String>> imports = new TreeMap<>();
    for (JavaClass one : classes) {
      Set<String> imported = imports.computeIfAbsent(packageOf(one), name -> new TreeSet<>());
      one.getDirectDependenciesFromSelf().stream()
          .map(dependency -> dependency.getTargetClass().getBaseComponentType())
          .filter(target -> target.getPackageName().startsWith(ROOT))
          .map(ArchitectureTest::packageOf)
          .filter(other -> !other.equals(packageOf(one)))
          .forEach(imported::add);
    }
    Map<String, Set<String>> table = new TreeMap<>();
    ROW.matcher(Files.readString(Path.of("ARCHITECTURE.md")))
        .results()
        .forEach(row -> table.put(row.group(1), names(row.group(2))));
    assertThat(imports).isEqualTo(table);
  }

  private static Set<String> names(String quoted) {
    return Pattern.compile("[a-z.]+")
        .matcher(quoted)
        .results()
        .map(found -> found.group())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String packageOf(JavaClass one) {
    return one.getPackageName().substring(ROOT.length());
  }

  @ArchTest
  static final ArchRule packagesFormNoCycle =
      slices().matching(ROOT + "(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule theCoreDoesNoIo =
      noClasses()
          .that()
          .resideInAnyPackage(CORE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.net..", "java.nio.channels..", "java.nio.file..", "jakarta..")
          .orShould()
          .dependOnClassesThat()
          .haveNameMatching("java\\.io\\.(File|RandomAccessFile|Console).*");

  /** Time comes as an argument; who waits for it asks it too. */
  @ArchTest
  static final ArchRule theCoreAsksNoClock =
      noClasses()
          .that()
          .resideInAnyPackage(CORE)
          .should()
          .callCodeUnitWhere(
              describe(
                  "asks a clock",
                  call ->
                      asksAClock(
                          call.getTargetOwner().getName(),
                          call.getTarget().getName(),
                          call.getTarget().getRawParameterTypes().size())));

  private static boolean asksAClock(String owner, String method, int parameters) {
    return switch (owner) {
      case "java.lang.System" -> method.equals("nanoTime") || method.equals("currentTimeMillis");
      case "java.lang.Thread" -> method.equals("sleep");
      case "java.time.Clock", "java.util.Timer" -> true;
      case "java.util.Calendar" -> method.equals("getInstance");
      case "java.util.Date" -> method.equals("<init>") && parameters == 0;
      default -> owner.startsWith("java.time.") && method.equals("now");
    };
  }

  @ArchTest
  static final ArchRule theContainerStaysAtTheEdge =
      noClasses()
          .that()
          .resideOutsideOfPackages(ROOT + "web..", ROOT + "launch..")
          .and()
          .doNotHaveSimpleName("SlotManager")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jakarta..");

  @ArchTest
  static final ArchRule jdbcStaysInItsPackages =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              ROOT + "replication..",
              ROOT + "filter.catalog",
              ROOT + "snapshot..",
              ROOT + "slot..",
              ROOT + "launch..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.sql..", "javax.sql..", "org.postgresql..");

  @ArchTest
  static final ArchRule onlyTheLauncherKnowsItsServers =
      noClasses()
          .that()
          .resideOutsideOfPackages(ROOT + "launch..", ROOT + "journal.kafka")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache..", "io.zonky..");

  @ArchTest
  static final ArchRule onlyOnePackageKnowsKafka =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + "journal.kafka")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.apache.kafka..");

  @ArchTest
  static final ArchRule namesSayWhatAThingIs =
      classes()
          .that()
          .doNotHaveSimpleName("SlotManager")
          .should()
          .haveNameNotMatching(".*(Impl|Util|Utils|Helper|Manager|Service)");
}
