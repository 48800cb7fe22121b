package org.pgdeltastream.web.rest;

/** The answer to a ping. */
public record PingBody(String status) {}
