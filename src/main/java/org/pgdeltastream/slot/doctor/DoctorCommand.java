package org.pgdeltastream.slot.doctor;

import java.sql.SQLException;
import java.util.Optional;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.doctor.Examination;
import org.pgdeltastream.doctor.ExaminationText;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Settings;

/** The command {@code doctor}: examines the database that the settings name, without a server. */
public final class DoctorCommand {
  private static final int WELL = 0;
  private static final int ILL = 1;
  private static final int BAD_SETTING = 2;
  private static final int NOT_ASKED = 3;

  private DoctorCommand() {}

  /**
   * Prints what is found. The launcher calls it by its name.
   *
   * @param json whether as JSON
   * @param strict whether warnings count as errors
   * @return the exit status
   */
  public static int run(boolean json, boolean strict) {
    try {
      Settings settings = Settings.read(name -> null);
      Database database = Database.open(settings, Optional.empty(), Optional.empty());
      try (Examiner doctor = new Examiner(database.connector(), settings, Optional::empty)) {
        return print(doctor.examine(), json, strict);
      }
    } catch (ProblemException e) {
      String state =
          e.getCause() instanceof SQLException sql ? " (SQLSTATE " + sql.getSQLState() + ")" : "";
      System.err.println("pgdeltastream: " + e.getMessage() + state + ". " + e.hint());
      return NOT_ASKED;
    } catch (IllegalArgumentException e) { // a setting that is not of its form
      System.err.println("pgdeltastream: " + e.getMessage());
      return BAD_SETTING;
    }
  }

  private static int print(Examination examination, boolean json, boolean strict) {
    System.out.print(
        json ? ExaminationText.json(examination) + "\n" : ExaminationText.lines(examination));
    System.out.flush();
    boolean ill =
        examination.status().equals("error") || (strict && examination.status().equals("warning"));
    return ill ? ILL : WELL;
  }
}
