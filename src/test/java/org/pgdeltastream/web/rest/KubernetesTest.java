package org.pgdeltastream.web.rest;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.ws.rs.Path;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.launch.command.Arguments;
import org.pgdeltastream.launch.command.Command;
import org.pgdeltastream.slot.database.Settings;
import org.yaml.snakeyaml.Yaml;

/** server-config/kubernetes says what the program says: paths, port, variables. */
@Timeout(value = 20, unit = TimeUnit.SECONDS)
class KubernetesTest {
  private static final Set<String> LIBPQ = Set.of("PGHOST", "PGDATABASE", "PGUSER", "PGPASSWORD");

  private final Map<String, Object> deployment = manifest("Deployment");
  private final Map<String, Object> pod = map(map(deployment, "spec", "template"), "spec");
  private final Map<String, Object> container = map(list(pod, "containers").get(0));

  private static Map<String, Object> manifest(String kind) {
    try {
      String text =
          Files.readString(java.nio.file.Path.of("server-config/kubernetes/pgdeltastream.yaml"));
      List<Map<String, Object>> found = new ArrayList<>();
      new Yaml().loadAll(text).forEach(one -> found.add(map(one)));
      assertThat(found).allSatisfy(one -> assertThat(one).containsKeys("apiVersion", "metadata"));
      return found.stream().filter(one -> kind.equals(one.get("kind"))).findFirst().orElseThrow();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(Object of, String... names) {
    Object found = of;
    for (String name : names) {
      found = ((Map<String, Object>) found).getOrDefault(name, Map.of());
    }
    return (Map<String, Object>) found;
  }

  private static List<?> list(Map<String, Object> of, String name) {
    return (List<?>) of.getOrDefault(name, List.of());
  }

  @Test
  void probesAskWhatTheProgramAnswersWithoutAToken() throws Exception {
    String health = "/v1/" + HealthResource.class.getAnnotation(Path.class).value() + "/";
    for (String probe : List.of("started", "live", "ready")) {
      String name =
          Map.of("started", "startup", "live", "liveness", "ready", "readiness").get(probe);
      Path answered =
          Stream.of(HealthResource.class.getMethods())
              .map(method -> method.getAnnotation(Path.class))
              .filter(path -> path != null && path.value().equals(probe))
              .findFirst()
              .orElseThrow();
      assertThat(map(container, name + "Probe", "httpGet"))
          .containsEntry("path", health + answered.value())
          .containsEntry("port", "http");
    }
  }

  @Test
  void thePortIsTheProgramsOwn() throws Exception {
    Command.Serve usual =
        (Command.Serve) Arguments.parse(new String[0], name -> null, name -> null);
    assertThat(list(container, "ports"))
        .map(port -> map(port).get("containerPort"))
        .isEqualTo(List.of(usual.listen().port()));
    assertThat(
            Arguments.parse(list(container, "args").toArray(String[]::new), n -> null, n -> null))
        .isInstanceOf(Command.Serve.class);
  }

  @Test
  void eachVariableIsASetting() {
    Set<String> names = new TreeSet<>(map(manifest("ConfigMap"), "data").keySet());
    names.addAll(map(manifest("Secret"), "stringData").keySet());
    Set<String> settings = new TreeSet<>();
    Settings.read(name -> null).shown().keySet().stream()
        .map(name -> name.replaceAll("[.-]", "_").toUpperCase(Locale.ROOT))
        .forEach(settings::add);
    names.removeAll(LIBPQ);
    assertThat(names).isNotEmpty().isSubsetOf(settings);
  }

  @Test
  void theRootIsReadOnlyAndTemporaryFilesHaveAVolume() {
    assertThat(map(container, "securityContext"))
        .containsEntry("readOnlyRootFilesystem", true)
        .containsEntry("allowPrivilegeEscalation", false);
    assertThat(map(pod, "securityContext")).containsEntry("runAsNonRoot", true);
    assertThat(list(container, "volumeMounts"))
        .map(mount -> map(mount).get("mountPath"))
        .isEqualTo(List.of("/tmp"));
  }
}
