/**
 * The client of a PG Delta Stream server, for Java 17 and later. It needs the JDK alone, and
 * nothing else of this program: it is a jar of its own.
 */
@NullMarked
package org.pgdeltastream.client;

import org.jspecify.annotations.NullMarked;
