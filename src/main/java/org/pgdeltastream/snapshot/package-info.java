/**
 * Reads tables, page by page, under an exported snapshot that it is given by name. Builds its SQL
 * from catalog values only. Only {@code slot} calls it.
 */
@NullMarked
package org.pgdeltastream.snapshot;

import org.jspecify.annotations.NullMarked;
