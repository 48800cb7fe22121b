package org.pgdeltastream.launch.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DoctorArgumentsTest {
  private final Map<String, String> environment = new HashMap<>();
  private final Map<String, String> properties = new HashMap<>(Map.of("user.name", "me"));

  @Test
  void beginWithTheWord() {
    assertThat(DoctorArguments.begin(new String[] {"doctor"})).isTrue();
    assertThat(DoctorArguments.begin(new String[] {"--db", "doctor"})).isFalse();
    assertThat(DoctorArguments.begin(new String[0])).isFalse();
  }

  @Test
  void nameADatabaseOnThisMachineIfTheyNameNone() throws BadArgumentException {
    assertThat(parse("doctor")).isEqualTo(doctor("jdbc:postgresql://localhost:5432/me", "me"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "doctor d h:1 -user u",
        "doctor --db d --pgHost h --pgPort 1 --user=u",
        "doctor -user u d h:1"
      })
  void nameADatabaseAsTheServersDo(String line) throws BadArgumentException {
    assertThat(parse(line)).isEqualTo(doctor("jdbc:postgresql://h:1/d", "u"));
  }

  @Test
  void takeVariablesAndSettings() throws BadArgumentException {
    environment.putAll(Map.of("PGHOST", "h", "PGUSER", "u", "PGDATABASE", "d", "PGPORT", "1"));
    assertThat(parse("doctor")).isEqualTo(doctor("jdbc:postgresql://h:1/d", "u"));
    environment.put("PGDELTA_DATABASE_URL", "jdbc:postgresql://other/x");
    assertThat(parse("doctor")).isEqualTo(doctor("jdbc:postgresql://other/x", "u"));
  }

  private static Command.Doctor doctor(String url, String user) {
    return new Command.Doctor(new Command.Named(url, user, ""), false, false);
  }

  @ParameterizedTest
  @ValueSource(strings = {"doctor --json d --strict", "doctor -strict d -json"})
  void takeFlagsOfTheirOwnAnywhere(String line) throws BadArgumentException {
    Command.Doctor command = (Command.Doctor) parse(line);
    assertThat(command.json()).isTrue();
    assertThat(command.strict()).isTrue();
    assertThat(command.database().jdbcUrl()).endsWith("/d");
  }

  @Test
  void mayAskForHelp() throws BadArgumentException {
    assertThat(parse("doctor --help")).isEqualTo(new Command.Help(DoctorArguments.HELP));
    assertThat(parse("doctor --version")).isInstanceOf(Command.Version.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "doctor d h l:1",
        "doctor d h l x",
        "doctor --watch ws://h/x",
        "doctor -serverPort 1",
        "doctor --serverHost=h",
        "doctor --data x",
        "doctor --no-demo",
        "doctor --token t",
        "doctor --jso"
      })
  void refuseWhatIsTheServers(String line) {
    assertThatThrownBy(() -> parse(line)).isInstanceOf(BadArgumentException.class);
  }

  private Command parse(String line) throws BadArgumentException {
    return DoctorArguments.parse(line.split(" ", -1), environment::get, properties::get);
  }
}
