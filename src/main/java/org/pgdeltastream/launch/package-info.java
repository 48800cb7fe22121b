/**
 * The standalone program: starts TomEE with the WAR, and PostgreSQL where none is named. Not part
 * of the WAR.
 */
@NullMarked
package org.pgdeltastream.launch;

import org.jspecify.annotations.NullMarked;
