package org.pgdeltastream.doctor;

/**
 * What a check has found.
 *
 * @param check the check's name
 * @param subject the table, slot, role or setting that it is about, safe to be shown
 * @param message a sentence, safe to be shown
 */
public record Finding(String check, Severity severity, String subject, String message, Fix fix) {

  /** In rising order. */
  public enum Severity {
    /** To be known. */
    INFO,
    /** Changes, rows or time may be lost. */
    WARNING,
    /** It does not work, or loses something now. */
    ERROR
  }
}
