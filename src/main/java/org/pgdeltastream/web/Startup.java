package org.pgdeltastream.web;

import jakarta.ejb.EJB;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import org.pgdeltastream.slot.Settings;
import org.pgdeltastream.slot.SlotManager;

/** Reads the settings and starts the slots, before any filter or resource is asked. */
public class Startup implements ServletContextListener {
  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  /** Throws what a bad setting is; the container logs it and does not deploy. */
  @Override
  public void contextInitialized(ServletContextEvent event) {
    slots.start(Settings.read(event.getServletContext()::getInitParameter));
  }
}
