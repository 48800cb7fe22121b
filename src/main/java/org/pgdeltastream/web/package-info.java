/** Starts the application in its container; the command doctor, without one. */
@NullMarked
package org.pgdeltastream.web;

import org.jspecify.annotations.NullMarked;
