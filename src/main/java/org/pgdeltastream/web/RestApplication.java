package org.pgdeltastream.web;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;

/** All resources of this package, under one path. */
@ApplicationPath("/v1")
public class RestApplication extends Application {}
