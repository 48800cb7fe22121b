/** Measures the whole program from outside; never part of the WAR. */
@NullMarked
package org.pgdeltastream.bench;

import org.jspecify.annotations.NullMarked;
