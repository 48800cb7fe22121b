/** Reads tables, page by page or whole, under an exported snapshot that it is given by name. */
@NullMarked
package org.pgdeltastream.snapshot;

import org.jspecify.annotations.NullMarked;
