package org.pgdeltastream.web;

/** The answer to a ping. */
public record PingBody(String status) {}
