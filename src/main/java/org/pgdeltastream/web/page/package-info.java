/** Snapshot pages and whole tables over HTTP. */
@NullMarked
package org.pgdeltastream.web.page;

import org.jspecify.annotations.NullMarked;
