package org.pgdeltastream.web;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.doctor.Examination;
import org.pgdeltastream.doctor.ExaminationText;
import org.pgdeltastream.rights.Rights;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Problems;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.doctor.Examiner;
import org.pgdeltastream.slot.feed.FeedDefinition;
import org.pgdeltastream.web.rights.RightsFile;

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
      UselessSettings.refuseFeeds(settings);
      Supplier<Rights> rights = RightsFile.of(settings.ofTokens().rights());
      Map<String, List<String>> feeds = FeedDefinition.publications(settings, List.of());
      Database database = Database.open(settings, Optional.empty(), Optional.empty());
      try (Examiner doctor =
          new Examiner(database.connector(), settings, () -> feeds, rights, Optional::empty)) {
        return print(doctor.examine(), json, strict);
      }
    } catch (ProblemException e) {
      String state = Problems.sqlState(e).map(" (SQLSTATE %s)"::formatted).orElse("");
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
