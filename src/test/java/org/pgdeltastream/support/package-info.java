/**
 * What tests of several rooms need: real PostgreSQL servers of their own, and the knowledge whether
 * wal2json is at hand.
 */
@NullMarked
package org.pgdeltastream.support;

import org.jspecify.annotations.NullMarked;
