/**
 * The standalone program: an embedded server, and an embedded PostgreSQL where none is named. Not
 * part of the WAR, and the only place that knows TomEE.
 */
@NullMarked
package org.pgdeltastream.launch;

import org.jspecify.annotations.NullMarked;
