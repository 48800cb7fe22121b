package org.pgdeltastream.web;

import static java.lang.System.Logger.Level.INFO;

import jakarta.ejb.EJB;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.time.InstantSource;
import java.util.Collections;
import java.util.function.Supplier;
import org.pgdeltastream.rights.Rights;
import org.pgdeltastream.rights.Standing;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.web.access.Callers;
import org.pgdeltastream.web.http.Traffic;
import org.pgdeltastream.web.rights.RightsFile;
import org.pgdeltastream.web.socket.OwnFrames;

/** Reads the settings and starts the slots, before any filter or resource is asked. */
public class Startup implements ServletContextListener {
  private static final System.Logger LOG = System.getLogger(Startup.class.getName());

  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  /** Throws for a bad setting; the container logs it and does not deploy. */
  @Override
  public void contextInitialized(ServletContextEvent event) {
    ServletContext context = event.getServletContext();
    Settings settings = settings(context);
    Supplier<Rights> rights = rights(settings);
    Callers callers = callers(settings, rights);
    callers.keepIn(context);
    String server = context.getServerInfo();
    boolean own = OwnFrames.areWritten(settings.websocket(), server);
    String writer = own ? "this application, on " : "the server, ";
    LOG.log(INFO, "Frames are written by " + writer + server);
    Traffic.countIn(context);
    slots.start(settings, new Standing(rights, callers::isRevoked)).run();
  }

  private static Supplier<Rights> rights(Settings settings) {
    try {
      return RightsFile.of(settings.ofTokens().rights());
    } catch (IllegalArgumentException e) {
      throw new BadSettingException(e);
    }
  }

  private static Callers callers(Settings settings, Supplier<Rights> rights) {
    try {
      return new Callers(settings, rights, InstantSource.system());
    } catch (IllegalArgumentException e) {
      throw new BadSettingException(e);
    }
  }

  private static Settings settings(ServletContext context) {
    try {
      Settings.refuseUnknown(Collections.list(context.getInitParameterNames()));
      Settings settings = Settings.read(context::getInitParameter);
      UselessSettings.refuse(settings);
      return settings;
    } catch (IllegalArgumentException e) {
      throw new BadSettingException(e);
    }
  }
}
