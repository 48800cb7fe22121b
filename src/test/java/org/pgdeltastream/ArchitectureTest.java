package org.pgdeltastream;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The plan of the house (ARCHITECTURE.md), held by the byte code. */
@AnalyzeClasses(
    packages = "org.pgdeltastream",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String ROOT = "org.pgdeltastream.";

  private static final String[] CORE = {
    ROOT + "change..",
    ROOT + "decoder..",
    ROOT + "encoder..",
    ROOT + "delivery..",
    ROOT + "framing.."
  };

  @ArchTest
  static final ArchRule packagesAreUsedAsPlanned =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("change")
          .definedBy(ROOT + "change..")
          .layer("rooms")
          .definedBy(
              ROOT + "replication..", ROOT + "decoder..", ROOT + "encoder..", ROOT + "snapshot..")
          .layer("delivery")
          .definedBy(ROOT + "delivery..")
          .layer("framing")
          .definedBy(ROOT + "framing..")
          .layer("slot")
          .definedBy(ROOT + "slot..")
          .layer("web")
          .definedBy(ROOT + "web..")
          .layer("launch")
          .definedBy(ROOT + "launch..")
          .whereLayer("rooms")
          .mayOnlyBeAccessedByLayers("slot")
          .whereLayer("delivery")
          .mayOnlyBeAccessedByLayers("slot", "web")
          .whereLayer("framing")
          .mayOnlyBeAccessedByLayers("web")
          .whereLayer("slot")
          .mayOnlyBeAccessedByLayers("web")
          .whereLayer("web")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("launch")
          .mayNotBeAccessedByAnyLayer();

  @ArchTest
  static final ArchRule roomsDoNotKnowTheirNeighbours =
      slices()
          .matching(ROOT + "(replication|decoder|encoder|snapshot|delivery|framing)..")
          .should()
          .notDependOnEachOther();

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
              ROOT + "replication..", ROOT + "snapshot..", ROOT + "slot..", ROOT + "launch..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.sql..", "javax.sql..", "org.postgresql..");

  @ArchTest
  static final ArchRule onlyTheLauncherKnowsItsServers =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + "launch..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache..", "io.zonky..");

  @ArchTest
  static final ArchRule namesSayWhatAThingIs =
      classes()
          .that()
          .doNotHaveSimpleName("SlotManager")
          .should()
          .haveNameNotMatching(".*(Impl|Util|Utils|Helper|Manager|Service)");
}
