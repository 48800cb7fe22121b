import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonReader;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import jakarta.json.JsonWriter;
import jakarta.json.stream.JsonGenerator;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * Makes of the bill of materials of all that the build knows (CycloneDX 1.6, JSON) one of what the
 * runnable jar has: a component stays if a library in the jar, or in the WAR in it, has its
 * SHA-256. Fails for a library without a component.
 *
 * <p>Arguments: the bill, the jar, where to write, and {@code group:name:version} of scripts that
 * the WAR has unpacked.
 */
public final class Sbom {
  private Sbom() {}

  public static void main(String[] arguments) throws Exception {
    Map<String, String> libraries = new TreeMap<>(); // file names by SHA-256
    try (InputStream jar = Files.newInputStream(Path.of(arguments[1]))) {
      addLibraries(jar, libraries);
    }
    JsonObject bill;
    try (JsonReader reader = Json.createReader(Files.newInputStream(Path.of(arguments[0])))) {
      bill = reader.readObject();
    }
    JsonArrayBuilder components = Json.createArrayBuilder();
    Set<String> kept = new HashSet<>();
    Set<String> found = new HashSet<>();
    for (JsonObject component : bill.getJsonArray("components").getValuesAs(JsonObject.class)) {
      String hash = hash(component);
      if (libraries.containsKey(hash)) {
        found.add(hash);
        kept.add(component.getString("bom-ref"));
        components.add(component);
      }
    }
    for (String script : List.of(arguments).subList(3, arguments.length)) {
      components.add(script(script));
    }
    libraries.keySet().removeAll(found);
    if (!libraries.isEmpty()) {
      throw new IllegalStateException("The bill of materials lacks " + libraries.values());
    }
    kept.add(bill.getJsonObject("metadata").getJsonObject("component").getString("bom-ref"));
    JsonObject made =
        Json.createObjectBuilder(bill)
            .add("components", components)
            .add("dependencies", dependencies(bill.getJsonArray("dependencies"), kept))
            .build();
    try (OutputStream out = Files.newOutputStream(Path.of(arguments[2]));
        JsonWriter writer =
            Json.createWriterFactory(Map.of(JsonGenerator.PRETTY_PRINTING, true))
                .createWriter(out)) {
      writer.writeObject(made);
    }
    System.out.println(found.size() + " libraries in " + arguments[2]);
  }

  /** Of a jar, and of the WAR in it. */
  private static void addLibraries(InputStream jar, Map<String, String> libraries)
      throws IOException, NoSuchAlgorithmException {
    ZipInputStream entries = new ZipInputStream(jar);
    for (ZipEntry entry = entries.getNextEntry(); entry != null; entry = entries.getNextEntry()) {
      if (entry.getName().endsWith(".war")) {
        addLibraries(entries, libraries);
      } else if (entry.getName().endsWith(".jar")) {
        byte[] sum = MessageDigest.getInstance("SHA-256").digest(entries.readAllBytes());
        libraries.put(HexFormat.of().formatHex(sum), entry.getName());
      }
    }
  }

  private static String hash(JsonObject component) {
    return component
        .getOrDefault("hashes", JsonValue.EMPTY_JSON_ARRAY)
        .asJsonArray()
        .getValuesAs(JsonObject.class)
        .stream()
        .filter(one -> one.getString("alg").equals("SHA-256"))
        .map(one -> one.getString("content"))
        .findFirst()
        .orElse("");
  }

  private static JsonObject script(String coordinates) {
    String[] parts = coordinates.split(":");
    String url = "pkg:maven/%s/%s@%s?type=jar".formatted(parts[0], parts[1], parts[2]);
    return Json.createObjectBuilder()
        .add("type", "library")
        .add("bom-ref", url)
        .add("group", parts[0])
        .add("name", parts[1])
        .add("version", parts[2])
        .add("purl", url)
        .build();
  }

  private static JsonArrayBuilder dependencies(JsonArray all, Set<String> kept) {
    JsonArrayBuilder left = Json.createArrayBuilder();
    for (JsonObject one : all.getValuesAs(JsonObject.class)) {
      if (kept.contains(one.getString("ref"))) {
        JsonArrayBuilder on = Json.createArrayBuilder();
        one
            .getOrDefault("dependsOn", JsonValue.EMPTY_JSON_ARRAY)
            .asJsonArray()
            .getValuesAs(JsonString.class)
            .stream()
            .filter(ref -> kept.contains(ref.getString()))
            .forEach(on::add);
        JsonObjectBuilder made = Json.createObjectBuilder().add("ref", one.getString("ref"));
        left.add(made.add("dependsOn", on));
      }
    }
    return left;
  }
}
