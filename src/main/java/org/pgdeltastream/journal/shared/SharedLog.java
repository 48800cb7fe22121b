package org.pgdeltastream.journal.shared;

import java.util.List;

/** The log of a feed, which several servers share. For any thread. */
public interface SharedLog {
  /** Where it is, for operators. */
  String name();

  /** Makes it, if it is not there. */
  void make() throws LogException;

  boolean exists() throws LogException;

  /** Removes it. */
  void remove() throws LogException;

  /** Checks that it can hold what it is for, and notes {@link #warnings}. */
  void look() throws LogException;

  /** What an operator should know of it: what it cannot survive. */
  List<String> warnings();

  /** Takes the lead: nobody else's writer commits anything from now on. May wait for seconds. */
  LogWriter lead() throws LogException;

  /** Where it ends; for who leads: nobody else writes to it. */
  LogEnd end() throws LogException;

  LogReader read() throws LogException;
}
